#include "leat/jobs/report/row_format.hpp"

namespace leat {

std::string_view to_string(RowFormat format) {
  return format == RowFormat::binary ? "binary" : "text";
}

}  // namespace leat
