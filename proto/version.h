/* proto/version.h - the version that people and their monitors are told. */
#ifndef PROTO_VERSION_H
#define PROTO_VERSION_H

#define XIAOPU_VERSION "0.1.0"

#endif
