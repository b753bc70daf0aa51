#include <leat/src.hpp>
