#pragma once

#include <string>

#include "jobs/match/type_fit.hpp"

namespace leat::jobs_detail {

/// The text of XML as COPY sends it: without what the output leaves out of a declaration, and without line
/// breaks before the root, of which each output leaves out one more.
[[nodiscard]] std::string sent_xml(const std::string& sql);

/// A cast that gives numbers the decimals of a target that has a scale; empty where they have them already.
[[nodiscard]] std::string scale_cast(const TypeUse& source, const TypeUse& target);

/// SQL of a value of which a copy keeps the content, so that both sides print it alike: where parts of it, at
/// any depth of arrays, composites and ranges, are printed otherwise in the target than in the source, the
/// value is taken apart, and these are converted. The same for the value of either side; `sql` itself where
/// nothing is to be converted.
[[nodiscard]] std::string alike_inside(const TypeUse& source, const TypeUse& target, const std::string& sql);

}  // namespace leat::jobs_detail
