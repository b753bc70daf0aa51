// A field that the options do not have.
#include "leat/jobs/copy_table.hpp"

void use() {
  const leat::CopyTable job(leat::CopyTableOptions{.source = "postgresql:///shop", .form = "orders"});
}
