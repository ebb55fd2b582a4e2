#pragma once
// What differs between the requests of two tiles, as rows of a table.
#include <vector>

#include <QString>

#include "core/generate/GenerateRequest.h"

namespace phloxine::ui {

struct RequestDifference {
    QString what, left, right;
};
std::vector<RequestDifference> differences(const GenerateRequest& left, const GenerateRequest& right);

} // namespace phloxine::ui
