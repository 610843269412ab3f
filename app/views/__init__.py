"""Views as data: which widgets stand on a page, in which order."""
