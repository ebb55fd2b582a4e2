// The source of core/train/adamw_kernel.cpp, compiled without fused products and sums and under other names (unfused_adamw.h).
#include "core/train/adamw_kernel.h"
#define adamwUpdate unfusedAdamwUpdate
#define sumOfSquares unfusedSumOfSquares
#include "core/train/adamw_kernel.cpp"
