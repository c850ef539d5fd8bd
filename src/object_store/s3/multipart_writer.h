// A streamed put: small ones go up in one request, larger ones in parts.
#pragma once

#include <memory>

#include "object_store/s3/s3_client.h"

namespace magnetite::object_store::s3 {

// `client` outlives it.
std::unique_ptr<ObjectWriter> make_multipart_writer(S3Client& client, std::string key, size_t part_bytes,
                                                    S3Limits limits);

// The whole object in one request, replacing.
Result<> put_object(S3Client& client, const std::string& key, std::span<const std::byte> bytes, S3Limits limits);

}  // namespace magnetite::object_store::s3
