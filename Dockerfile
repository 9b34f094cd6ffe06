# Dockerfile - the binary on debian:12; packages come by the same script as `make deps`.
FROM debian:12 AS build
WORKDIR /src
COPY tools/deps.sh tools/packages.txt tools/
RUN tools/deps.sh build
COPY . .
RUN make -j"$(nproc)" && make install DESTDIR=/out PREFIX=/usr

FROM debian:12
WORKDIR /install
COPY tools/deps.sh tools/packages.txt tools/
RUN tools/deps.sh run image && rm -rf /install /var/lib/apt/lists/* \
    && useradd --system --home-dir /var/lib/xiaopu --create-home xiaopu
COPY --from=build /out/usr/ /usr/
USER xiaopu
WORKDIR /var/lib/xiaopu
EXPOSE 8080
ENTRYPOINT ["xiaopu"]
CMD ["run", "--data", "/var/lib/xiaopu/data", "--listen", "0.0.0.0:8080"]
