// Jobs as operations of the wire. Heavy header: for .cc files of this folder.
#pragma once

#include <google/longrunning/operations.pb.h>

#include "jobs/job.h"

namespace magnetite::rpc {

void to_proto(const jobs::JobStatus& job, google::longrunning::Operation& out);

}  // namespace magnetite::rpc
