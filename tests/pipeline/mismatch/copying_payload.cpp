// A payload whose move may throw.
#include "leat/pipeline/etl_pipeline.hpp"

struct Copied {
  Copied() = default;
  Copied(const Copied&) {}
};

leat::ETLPipeline<int, Copied, int>* pipeline = nullptr;
void use() {
  pipeline->start();
}
