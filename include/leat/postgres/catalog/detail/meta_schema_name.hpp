#pragma once

namespace leat::postgres_detail {

/// The schema in the target that holds what leat keeps there. It is not called leat, since "$user" would lead
/// a role of that name into it.
inline constexpr const char* meta_schema = "leat_meta";

}  // namespace leat::postgres_detail
