# syntax=docker/dockerfile:1
# By digest, so that it never moves by itself: docs/how-to/docker.md says where this one is from, and how to take a newer one.
ARG PYTHON_IMAGE=python:3.11.17-slim-trixie@sha256:45037981b62b34b44602584fccbc4d884d5f7dc92c7ee86bb38a698a79fe1e51

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
# wheels only and each with its hash: nothing is compiled, no setup script of anybody runs
COPY requirements.lock deploy/build.lock ./
RUN python -m venv /opt/auto-trader \
    && /opt/auto-trader/bin/pip install --require-hashes --only-binary=:all: -r requirements.lock \
    && python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --only-binary=:all: -r build.lock
COPY pyproject.toml README.md ./
COPY fsm ./fsm
COPY adapters ./adapters
RUN /opt/build/bin/pip wheel --no-deps --no-index --no-build-isolation --wheel-dir dist . \
    && /opt/auto-trader/bin/pip install --no-deps --no-index dist/*.whl \
    && /opt/auto-trader/bin/pip uninstall --yes setuptools pip \
    && /opt/auto-trader/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/auto-trader/lib \
    && /opt/auto-trader/bin/auto-trader --help \
    && install -d -m 0700 /data

FROM ${PYTHON_IMAGE}
COPY --from=build /opt/auto-trader /opt/auto-trader
COPY --from=build --chown=10001:10001 /data /data
ENV PATH=/opt/auto-trader/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATABASE_PATH=/data/auto-trader.db
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["auto-trader", "healthcheck"]
ENTRYPOINT ["auto-trader"]
CMD ["run"]
