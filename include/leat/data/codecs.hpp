#pragma once

// Every codec that leat brings.
#include "leat/data/codec.hpp"
#include "leat/data/codec_array.hpp"
#include "leat/data/codec_scalar.hpp"
#include "leat/data/codec_text.hpp"
#include "leat/data/numeric.hpp"
#include "leat/data/temporal.hpp"
#include "leat/data/uuid.hpp"
