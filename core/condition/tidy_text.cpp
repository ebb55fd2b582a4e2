#include "core/condition/tidy_text.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "core/condition/unicode.h"

namespace phloxine {

namespace {

struct Entity {
    std::u32string_view name;
    char32_t character;
};
// Those that reports and captions hold; ftfy knows all of HTML 5.
constexpr Entity entities[] = {
    {U"amp", '&'},      {U"lt", '<'},       {U"gt", '>'},        {U"quot", '"'},     {U"apos", '\''},     {U"nbsp", 0xA0},
    {U"cent", 0xA2},    {U"pound", 0xA3},   {U"sect", 0xA7},     {U"copy", 0xA9},    {U"laquo", 0xAB},    {U"reg", 0xAE},
    {U"deg", 0xB0},     {U"plusmn", 0xB1},  {U"sup2", 0xB2},     {U"sup3", 0xB3},    {U"micro", 0xB5},    {U"para", 0xB6},
    {U"middot", 0xB7},  {U"sup1", 0xB9},    {U"raquo", 0xBB},    {U"frac14", 0xBC},  {U"frac12", 0xBD},   {U"frac34", 0xBE},
    {U"Agrave", 0xC0},  {U"Auml", 0xC4},    {U"Eacute", 0xC9},   {U"Ouml", 0xD6},    {U"times", 0xD7},    {U"Uuml", 0xDC},
    {U"szlig", 0xDF},   {U"agrave", 0xE0},  {U"aacute", 0xE1},   {U"acirc", 0xE2},   {U"atilde", 0xE3},   {U"auml", 0xE4},
    {U"aring", 0xE5},   {U"aelig", 0xE6},   {U"ccedil", 0xE7},   {U"egrave", 0xE8},  {U"eacute", 0xE9},   {U"ecirc", 0xEA},
    {U"euml", 0xEB},    {U"iacute", 0xED},  {U"icirc", 0xEE},    {U"iuml", 0xEF},    {U"ntilde", 0xF1},   {U"oacute", 0xF3},
    {U"ocirc", 0xF4},   {U"ouml", 0xF6},    {U"divide", 0xF7},   {U"oslash", 0xF8},  {U"ugrave", 0xF9},   {U"uacute", 0xFA},
    {U"ucirc", 0xFB},   {U"uuml", 0xFC},    {U"Delta", 0x394},   {U"Omega", 0x3A9},  {U"alpha", 0x3B1},   {U"beta", 0x3B2},
    {U"gamma", 0x3B3},  {U"delta", 0x3B4},  {U"epsilon", 0x3B5}, {U"kappa", 0x3BA},  {U"lambda", 0x3BB},  {U"mu", 0x3BC},
    {U"pi", 0x3C0},     {U"sigma", 0x3C3},  {U"omega", 0x3C9},   {U"ndash", 0x2013}, {U"mdash", 0x2014},  {U"lsquo", 0x2018},
    {U"rsquo", 0x2019}, {U"ldquo", 0x201C}, {U"rdquo", 0x201D},  {U"bull", 0x2022},  {U"hellip", 0x2026}, {U"permil", 0x2030},
    {U"prime", 0x2032}, {U"Prime", 0x2033}, {U"euro", 0x20AC},   {U"trade", 0x2122}, {U"larr", 0x2190},   {U"rarr", 0x2192},
    {U"minus", 0x2212}, {U"infin", 0x221E}, {U"asymp", 0x2248},  {U"ne", 0x2260},    {U"le", 0x2264},     {U"ge", 0x2265}};

std::optional<char32_t> namedOrNumbered(std::u32string_view name) {
    if (name.empty()) return {};
    if (name[0] != U'#') {
        const auto* it = std::find_if(std::begin(entities), std::end(entities), [&](const Entity& e) { return e.name == name; });
        return it == std::end(entities) ? std::nullopt : std::optional(it->character);
    }
    const bool hexadecimal = name.size() > 1 && (name[1] == U'x' || name[1] == U'X');
    const auto digits = name.substr(hexadecimal ? 2 : 1);
    if (digits.empty() || digits.size() > 7) return {};
    char32_t value = 0;
    for (const auto c : digits) {
        const int digit = c >= '0' && c <= '9'                                ? int(c - '0')
                          : hexadecimal && (c | 32) >= 'a' && (c | 32) <= 'f' ? int((c | 32) - 'a') + 10
                                                                              : -1;
        if (digit < 0) return {};
        value = value * (hexadecimal ? 16 : 10) + char32_t(digit);
    }
    if (value < 0xA0 || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return value >= 0x20 && value < 0x7F ? std::optional(value) : std::nullopt;
    return value;
}

// "&name;" or "&#number;" that begins at i; moves i behind it.
std::optional<char32_t> entityAt(std::u32string_view line, std::size_t& i) {
    constexpr std::size_t longest = 26;
    const auto end = line.substr(0, std::min(line.size(), i + longest)).find(U';', i);
    if (line[i] != U'&' || end == std::u32string_view::npos) return {};
    const auto character = namedOrNumbered(line.substr(i + 1, end - i - 1));
    if (character) i = end + 1;
    return character;
}

bool isControl(char32_t c) {
    return c < 0x09 || c == 0x0B || (c >= 0x0E && c < 0x20) || c == 0x7F || (c >= 0x206A && c <= 0x206F) || c == 0xFEFF ||
           (c >= 0xFFF9 && c <= 0xFFFC);
}

struct Ligature {
    char32_t character;
    const char* letters;
};
constexpr Ligature ligatures[] = {{0x132, "IJ"},       {0x133, "ij"},  {0x149, "'n"},  {0x1C4, "D\u017D"}, {0x1C5, "D\u017E"},
                                  {0x1C6, "d\u017E"},  {0x1C7, "LJ"},  {0x1C8, "Lj"},  {0x1C9, "lj"},      {0x1CA, "NJ"},
                                  {0x1CB, "Nj"},       {0x1CC, "nj"},  {0x1F1, "DZ"},  {0x1F2, "Dz"},      {0x1F3, "dz"},
                                  {0xFB00, "ff"},      {0xFB01, "fi"}, {0xFB02, "fl"}, {0xFB03, "ffi"},    {0xFB04, "ffl"},
                                  {0xFB05, "\u017Ft"}, {0xFB06, "st"}};

void appendTidy(std::string& out, char32_t c) {
    for (const auto& [character, letters] : ligatures)
        if (c == character) {
            out += letters;
            return;
        }
    if (isControl(c)) return;
    if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0; // wide ASCII
    else if (c == 0x3000) c = ' ';
    else if (c == 0x2BC || (c >= 0x2018 && c <= 0x201B)) c = '\'';
    else if (c >= 0x201C && c <= 0x201F) c = '"';
    appendUtf8(out, c);
}

} // namespace

std::string tidyText(const std::string& text) {
    const auto all = decodeUtf8(text);
    std::string out;
    for (std::size_t start = 0; start < all.size();) {
        const auto stop = std::min(all.find(U'\n', start), all.size() - 1) + 1;
        const auto line = std::u32string_view(all).substr(start, stop - start);
        const bool markup = line.find(U'<') != std::u32string_view::npos;
        for (std::size_t i = 0; i < line.size();) {
            const auto entity = markup ? std::nullopt : entityAt(line, i);
            appendTidy(out, entity ? *entity : line[i++]);
        }
        start = stop;
    }
    return out;
}

} // namespace phloxine
