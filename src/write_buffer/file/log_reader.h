// Reads the chain of segments as one stream per sequencer; each stream passes over the others' records.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"
#include "write_buffer/file/log_tail.h"
#include "write_buffer/write_buffer.h"

namespace magnetite::write_buffer {

// `disk` and `tail` outlive the reader.
std::unique_ptr<Reader> make_log_reader(Disk& disk, std::string folder, model::Uuid log_id,
                                        std::vector<model::SequencerId> sequencers, LogTail& tail);

}  // namespace magnetite::write_buffer
