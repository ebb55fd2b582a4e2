#pragma once
#include <string>

namespace phloxine {

// What ftfy.fix_text does to an ordinary text, which PathLDM's tokenizer ran first: entities of HTML become characters (in lines without a
// "<"), curled quotes straight, Latin ligatures and wide characters plain, control characters go. Broken encodings are not mended and
// accents not composed.
std::string tidyText(const std::string& text);

} // namespace phloxine
