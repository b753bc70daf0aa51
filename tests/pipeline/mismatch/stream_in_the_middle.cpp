// A stream where there is none.
#include "leat/pipeline/etl_pipeline.hpp"

leat::ETLPipeline<int, int, leat::Stream<int>>* pipeline = nullptr;
void use() {
  pipeline->start();
}
