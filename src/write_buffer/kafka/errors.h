// What librdkafka's errors mean for us. Pure; the only place that knows.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string_view>

#include "base/result.h"

namespace magnetite::write_buffer::kafka {

// Of produce(): nothing was taken.
Error append_error(rd_kafka_resp_err_t error);
// Of a delivery report.
Error delivery_error(rd_kafka_resp_err_t error, rd_kafka_msg_status_t status);
// Of a request: metadata, watermarks, creation.
Error request_error(rd_kafka_resp_err_t error, std::string_view detail = {});

enum class ConsumeFault {
  kEnd,       // none: everything was read
  kLost,      // the next offset is not there any more, or not yet there again: nothing may be passed over silently
  kBadItem,   // these bytes cannot be read, those behind them can
  kTopicOdd,  // the topic is gone, for now or for good
  kPasses,
};
ConsumeFault consume_fault(rd_kafka_resp_err_t error);

}  // namespace magnetite::write_buffer::kafka
