# The System Health Dashboard: one image for `serve`, `worker`, `migrate` and `check`.
# PostgreSQL, Prometheus and Redis are reached over the network; none of them is in here.

FROM python:3.11-slim-bookworm AS builder

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1

RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH

# Before the code is copied the project is an empty package: this layer holds its dependencies and its
# metadata only, and is built again when they change, not when the code does. pyproject.toml names README.md.
WORKDIR /build
COPY pyproject.toml constraints.txt ./
RUN touch README.md \
    && pip install --constraint constraints.txt .

# Compiled here because the file system is read-only at run time. Checked by neither time nor hash, so that
# the copy into the next stage, which may change times, does not make the compiled files stale.
WORKDIR /srv/dashboard
COPY app ./app
COPY pages ./pages
COPY callbacks ./callbacks
COPY assets ./assets
RUN python -m compileall -q --invalidation-mode unchecked-hash app pages callbacks


FROM python:3.11-slim-bookworm AS runtime

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Tamma System Health Dashboard" \
      org.opencontainers.image.description="Real-time system health dashboard for the Tamma platform" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# Writable by everyone, as an emptyDir is: a tmpfs laid over /data takes this mode but root as its owner.
RUN groupadd --gid 10001 dashboard \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin dashboard \
    && install --directory --owner=10001 --group=10001 --mode=1777 /data

COPY --from=builder /opt/venv /opt/venv
COPY --from=builder /srv/dashboard /srv/dashboard

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    HOST=0.0.0.0 \
    PORT=3000 \
    DATA_DIR=/data

WORKDIR /srv/dashboard
USER 10001:10001
EXPOSE 3000
VOLUME ["/data"]

# Kubernetes ignores this and uses the chart's probes. The worker has no HTTP: start it with --no-healthcheck.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health', timeout=4)"]

ENTRYPOINT ["python", "-m", "app"]
CMD ["serve"]
