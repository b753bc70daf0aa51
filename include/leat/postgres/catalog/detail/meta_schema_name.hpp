#pragma once

namespace leat::postgres_detail {

/// The schema in the target for leat's own tables. It is not called leat, since "$user" in the search_path
/// would lead a role of that name into it.
inline constexpr const char* meta_schema = "leat_meta";

}  // namespace leat::postgres_detail
