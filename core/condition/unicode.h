#pragma once
// What tokenizers ask about characters, by the tables of Unicode and not by a locale; UTF-8.
#include <string>

namespace phloxine {

bool isLetter(char32_t c);     // category L
bool isNumber(char32_t c);     // category N: digits, superscripts, fractions, numerals
bool isWhiteSpace(char32_t c); // the property White_Space
char32_t lowerCase(char32_t c);

std::u32string decodeUtf8(const std::string& text); // broken bytes become U+FFFD, so that no text can stop the program
void appendUtf8(std::string& out, char32_t c);

} // namespace phloxine
