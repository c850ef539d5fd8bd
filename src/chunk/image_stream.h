// Internal: what Parquet writes on its way to a sink: counted, checksums taken, the tail held back until it is sealed.
#pragma once

#include <arrow/io/interfaces.h>

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "chunk/byte_sink.h"
#include "chunk/image_footer.h"
#include "chunk/image_format.h"

namespace magnetite::chunk {

// A failing sink ends Parquet's call with an exception; error() then says why.
class ImageStream final : public arrow::io::OutputStream {
 public:
  explicit ImageStream(ByteSink& sink) : sink_(sink) {}

  arrow::Status Write(const void* data, int64_t size) override {
    const std::span bytes(static_cast<const std::byte*>(data), static_cast<size_t>(size));
    if (in_tail_) {
      tail_.insert(tail_.end(), bytes.begin(), bytes.end());
    } else {
      sum_.add(bytes);
      if (Result<> done = sink_.append(bytes); !done) {
        error_ = std::move(done).error();
        return arrow::Status::IOError("the sink failed");
      }
    }
    written_ += bytes.size();
    return arrow::Status::OK();
  }
  arrow::Result<int64_t> Tell() const override { return static_cast<int64_t>(written_); }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }

  uint64_t written() const { return written_; }
  const std::optional<Error>& error() const { return error_; }

  void begin_place() {
    sum_.reset();
    place_begin_ = written_;
  }
  FilePlace end_place() const { return {place_begin_, written_ - place_begin_, sum_.value()}; }

  void begin_tail() { in_tail_ = true; }
  // Hands the tail on; returns its checksum.
  Result<uint64_t> seal_tail() {
    MAGNETITE_TRY(const uint64_t checksum, seal(tail_));
    MAGNETITE_RETURN_IF_ERROR(sink_.append(tail_));
    return checksum;
  }

 private:
  ByteSink& sink_;
  RunningChecksum sum_;
  std::vector<std::byte> tail_;
  std::optional<Error> error_;
  uint64_t written_ = 0;
  uint64_t place_begin_ = 0;
  bool in_tail_ = false;
  bool closed_ = false;
};

}  // namespace magnetite::chunk
