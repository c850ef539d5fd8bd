// A file that is whole and durable in the store.
#pragma once

#include <string>

#include "chunk/image_facts.h"
#include "model/ids.h"

namespace magnetite::database {

struct NewFile {
  std::string name;  // as the catalog has it
  model::ChunkId chunk;
  model::ChunkOrder order;
  chunk::ImageFacts facts;
};

}  // namespace magnetite::database
