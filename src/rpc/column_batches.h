// The protobuf form of column batches. Heavy header: for .cc files of this folder.
#pragma once

#include <influxdata/transfer/column/v1/service.pb.h>

#include <vector>

#include "base/result.h"
#include "columnar_write/column_batch.h"

namespace magnetite::rpc {

// Views into `batch`, which outlives them. kInvalidInput: a column with values of two types.
Result<std::vector<columnar_write::TableBatch>> to_batches(
    const influxdata::transfer::column::v1::DatabaseBatch& batch);

}  // namespace magnetite::rpc
