#pragma once
// How far two colours are apart for every reader.
#include <string>

namespace phloxine {

// The least CIE76 difference of two "#RRGGBB" under normal sight and full protanopia, deuteranopia and tritanopia (Machado, Oliveira and
// Fernandes 2009); 0 equal, above 15 told apart at a glance. Error(WrongUse) for another form.
double leastColourDifference(const std::string& a, const std::string& b);
bool isColour(const std::string& text); // "#RRGGBB"

} // namespace phloxine
