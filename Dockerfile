# parabench with ONNX Runtime: docker build -t parabench . && docker run --rm -v "$PWD:/work" parabench demo
#
# Not tried: no Docker daemon was at hand where this was written. The two commands of the first stage are tried outside.
# A run writes to /work, the mounted folder; give --user "$(id -u):$(id -g)" so that its files are yours.
FROM rust:1.92-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-pip \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN cargo build --release --locked && python3 python/collect.py /lib-parabench

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /source/target/release/parabench /usr/local/bin/parabench
# The program looks for its library in lib/parabench beside its own folder.
COPY --from=build /lib-parabench /usr/local/lib/parabench
COPY LICENSE-APACHE LICENSE-MIT /usr/local/share/doc/parabench/
ENV PARABENCH_CACHE=/tmp/parabench-cache
RUN useradd --create-home --uid 1000 parabench
USER parabench
WORKDIR /work
ENTRYPOINT ["parabench"]
CMD ["--help"]
