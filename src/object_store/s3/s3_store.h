// An object store in a bucket of S3, or of a server that speaks it and knows If-None-Match.
#pragma once

#include <memory>

#include "base/executor.h"
#include "object_store/object_store.h"
#include "object_store/s3/s3_settings.h"

namespace magnetite::object_store {

struct S3StoreLimits {
  Duration check = std::chrono::seconds(6);    // a store that cannot be used is known after this
  Duration repeat = std::chrono::seconds(60);  // a call is repeated for so long
  size_t part_bytes = 8 << 20;                 // of a streamed put, held in memory; S3 refuses less than 5 MiB
};

// `executor` outlives it and is what calls wait through.
std::unique_ptr<ObjectStore> make_s3_store(S3Settings settings, Executor& executor, S3StoreLimits limits = {});

}  // namespace magnetite::object_store
