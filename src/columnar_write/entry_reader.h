// A FlatBuffers entry (proto/influxdata/iox/write/v1/entry.fbs) as column batches.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "columnar_write/column_batch.h"

namespace magnetite::columnar_write {

// What a view of an entry rests on. Not copyable: its batches point into it.
class Entry {
 public:
  // kInvalidInput for every defect of the bytes, and for deletes. `bytes` outlive the result. The partitions that an
  // entry names mean nothing: the database's template says where a row goes.
  static Result<Entry> read(std::string_view bytes);
  const std::vector<TableBatch>& batches() const { return batches_; }

  Entry(Entry&&) = default;
  Entry& operator=(Entry&&) = default;

 private:
  Entry() = default;

  std::vector<uint64_t> aligned_;  // a copy, where `bytes` lie at an odd address
  std::vector<TableBatch> batches_;
};

}  // namespace magnetite::columnar_write
