# Images from one file:
#   docker build --target service    -t augury-service    .   the HTTP service, and `python -m store migrate`
#   docker build --target worker     -t augury-worker     .   control and CPU workers
#   docker build --target worker-gpu -t augury-worker-gpu .   GPU workers: the same with NVIDIA's libraries
#   docker build --target worker-jax -t augury-worker-jax .   workers for jobs that JAX computes, on processors
#   docker build --target worker-jax-gpu -t augury-worker-jax-gpu .   and on GPUs
# The dependencies are a layer of their own that only its lock file changes; the code comes last.
# A private package index is given at build time and stays out of the image:
#   docker build --secret id=pip_conf,src=$HOME/.config/pip/pip.conf ...

FROM python:3.11.13-slim-bookworm AS base
ENV LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PATH=/opt/venv/bin:$PATH
# A fixed number, so that the owner of files on a shared disk is the same on every machine.
RUN groupadd --gid 10001 augury \
 && useradd --uid 10001 --gid augury --no-create-home --home-dir /var/lib/augury --shell /usr/sbin/nologin augury \
 && install --directory --owner augury --group augury --mode 0750 /var/lib/augury \
 && mkdir /app


# -- dependencies ------------------------------------------------------------------------------------------------------
FROM base AS empty-venv
RUN python -m venv --without-pip /opt/venv
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore

FROM empty-venv AS service-venv
COPY requirements/service.txt /tmp/requirements.txt
RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf,required=false \
    pip --python /opt/venv/bin/python install --require-hashes --requirement /tmp/requirements.txt

FROM empty-venv AS worker-venv
COPY requirements/worker.txt /tmp/requirements.txt
RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf,required=false \
    pip --python /opt/venv/bin/python install --require-hashes --requirement /tmp/requirements.txt

FROM empty-venv AS worker-gpu-venv
COPY requirements/worker-gpu.txt /tmp/requirements.txt
RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf,required=false \
    pip --python /opt/venv/bin/python install --require-hashes --requirement /tmp/requirements.txt

# JAX goes on top of a worker's packages, which have all that it needs but for NVIDIA's libraries.
FROM worker-venv AS worker-jax-venv
COPY requirements/jax.txt /tmp/requirements.txt
RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf,required=false \
    pip --python /opt/venv/bin/python install --require-hashes --no-deps --requirement /tmp/requirements.txt

FROM worker-venv AS worker-jax-gpu-venv
COPY requirements/jax-gpu.txt /tmp/requirements.txt
RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf,required=false \
    pip --python /opt/venv/bin/python install --require-hashes --requirement /tmp/requirements.txt


# -- code: /source/service and /source/worker hold what each image gets ------------------------------------------------
FROM base AS source
COPY . /source/shared
# The package's metadata, so that the code can tell its version.
RUN cd /source/shared \
 && python -c "import pathlib, tomllib; \
project = tomllib.loads(pathlib.Path('pyproject.toml').read_text())['project']; \
name, version = project['name'], project['version']; \
folder = pathlib.Path(f'{name}-{version}.dist-info'); \
folder.mkdir(); \
(folder / 'METADATA').write_text(f'Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n')" \
 && rm -r requirements pyproject.toml \
 && mkdir ../service ../worker \
 && mv service ../service/ \
 && mv workers ../worker/ \
 && cp -r . ../service/ \
 && cp -r . ../worker/ \
 && cd .. \
 && python -m compileall -q --invalidation-mode unchecked-hash -s /source/service -p /app service \
 && python -m compileall -q --invalidation-mode unchecked-hash -s /source/worker -p /app worker


# -- images ------------------------------------------------------------------------------------------------------------
FROM base AS runtime
LABEL org.opencontainers.image.title="Augury" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/augury-ml/augury"
ENV PYTHONPATH=/app \
    HOME=/tmp \
    AUGURY_DATA_DIR=/var/lib/augury
WORKDIR /app
USER augury
VOLUME /var/lib/augury
STOPSIGNAL SIGTERM

FROM runtime AS service
COPY --from=service-venv /opt/venv /opt/venv
COPY --from=source /source/service /app
ENV AUGURY_HOST=0.0.0.0 \
    AUGURY_PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['AUGURY_PORT']), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
CMD ["python", "-m", "service"]

FROM runtime AS worker
COPY --from=worker-venv /opt/venv /opt/venv
COPY --from=source /source/worker /app
HEALTHCHECK --interval=60s --timeout=20s --start-period=90s --retries=3 \
    CMD ["python", "-m", "workers", "ping", "cpu"]
CMD ["python", "-m", "workers", "cpu"]

FROM runtime AS worker-gpu
COPY --from=worker-gpu-venv /opt/venv /opt/venv
COPY --from=source /source/worker /app
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
HEALTHCHECK --interval=60s --timeout=20s --start-period=90s --retries=3 \
    CMD ["python", "-m", "workers", "ping", "gpu"]
CMD ["python", "-m", "workers", "gpu"]

FROM runtime AS worker-jax
COPY --from=worker-jax-venv /opt/venv /opt/venv
COPY --from=source /source/worker /app
HEALTHCHECK --interval=60s --timeout=20s --start-period=90s --retries=3 \
    CMD ["python", "-m", "workers", "ping", "cpu-jax"]
CMD ["python", "-m", "workers", "cpu-jax"]

FROM runtime AS worker-jax-gpu
COPY --from=worker-jax-gpu-venv /opt/venv /opt/venv
COPY --from=source /source/worker /app
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
HEALTHCHECK --interval=60s --timeout=20s --start-period=90s --retries=3 \
    CMD ["python", "-m", "workers", "ping", "gpu-jax"]
CMD ["python", "-m", "workers", "gpu-jax"]
