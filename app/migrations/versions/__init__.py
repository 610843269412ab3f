"""The revisions, in raw SQL; one that was released is never edited."""
