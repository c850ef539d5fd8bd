// Files of chunks in the object store: their names, reading them in ranges, writing them as a stream.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "chunk/byte_sink.h"
#include "chunk/image.h"
#include "chunk/stored_image.h"
#include "database/staged_chunk.h"
#include "object_store/object_store.h"

namespace magnetite::database {

// Thread-safe. The store outlives it and all images it gave out.
class ChunkFiles {
 public:
  // `folder` is the database's own; catalog/layout.h says where files lie in it.
  ChunkFiles(object_store::ObjectStore& store, object_store::ObjectPath folder,
             std::shared_ptr<chunk::FooterCache> footers, std::shared_ptr<chunk::DecodedCache> cache)
      : store_(store), folder_(std::move(folder)), footers_(std::move(footers)), cache_(std::move(cache)) {}

  // Nothing is there before the writer commits.
  Result<std::unique_ptr<object_store::ObjectWriter>> start(std::string_view name) const;

  // Reads nothing yet.
  std::shared_ptr<const chunk::StoredImage> open(const StoredFacts& stored) const;
  // As open(), knowing already what `image` knows of the same file.
  Result<std::shared_ptr<const chunk::StoredImage>> open(const StoredFacts& stored, const chunk::Image& image) const;
  // The whole file into memory.
  Result<std::shared_ptr<const chunk::Image>> read(const StoredFacts& stored) const;

  const std::shared_ptr<chunk::DecodedCache>& cache() const { return cache_; }

 private:
  object_store::ObjectPath path(std::string_view name) const;
  std::shared_ptr<const chunk::ImageSource> source(const StoredFacts& stored) const;

  object_store::ObjectStore& store_;
  const object_store::ObjectPath folder_;
  const std::shared_ptr<chunk::FooterCache> footers_;
  const std::shared_ptr<chunk::DecodedCache> cache_;
};

// Any object as bytes of an image; the store outlives it.
Result<std::shared_ptr<const chunk::ImageSource>> open_object(object_store::ObjectStore& store,
                                                              object_store::ObjectPath path);

// Streams into an object, and keeps a copy in memory as long as it stays small enough. Begins the object with the first
// byte: what gets none leaves nothing behind.
class ObjectSink final : public chunk::ByteSink {
 public:
  ObjectSink(const ChunkFiles& files, std::string name, size_t memory_bytes_max)
      : files_(files), name_(std::move(name)), memory_bytes_max_(memory_bytes_max) {}

  Result<> append(std::span<const std::byte> bytes) override;
  Result<> commit();  // the object is there, whole and durable
  // After commit(): the copy, or nullptr if it grew too large.
  chunk::ImageBytes take_copy();

 private:
  const ChunkFiles& files_;
  const std::string name_;
  const size_t memory_bytes_max_;
  std::unique_ptr<object_store::ObjectWriter> writer_;
  std::vector<std::byte> copy_;
  bool copying_ = true;
};

}  // namespace magnetite::database
