#include "core/condition/ClipTokenizer.h"

#include <zlib.h>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/condition/unicode.h"
#include "core/model/ModelStore.h"

namespace phloxine {

namespace {

[[noreturn]] void corrupt(const std::filesystem::path& path) {
    throw Error(ErrorCode::Corrupt, "The tokenizer file " + path.filename().string() + " is damaged; install Phloxine again.");
}

std::string inflated(const std::filesystem::path& path) {
    constexpr std::size_t most = 16u << 20;
    gzFile file = isFolder(path) ? nullptr : gzopen(path.c_str(), "rb");
    if (!file) throw Error(ErrorCode::NotFound, "The tokenizer file " + path.filename().string() + " is missing; install Phloxine again.");
    std::string text;
    char buffer[1 << 16];
    int n = 0;
    while (text.size() < most && (n = gzread(file, buffer, sizeof buffer)) > 0) text.append(buffer, std::size_t(n));
    const bool whole = gzclose(file) == Z_OK && n == 0; // a file that was cut ends with Z_BUF_ERROR
    if (!whole) corrupt(path);
    return text;
}

// Lower case, runs of white space folded into one blank, ends trimmed.
std::u32string normalised(const std::string& text) {
    std::u32string out;
    for (const auto c : decodeUtf8(text)) {
        if (isWhiteSpace(c)) {
            if (!out.empty() && out.back() != U' ') out += U' ';
        } else if (c == 0x130) out += U"i\u0307"; // the one letter whose lower case is two characters
        else out += lowerCase(c);
    }
    while (!out.empty() && out.back() == U' ') out.pop_back();
    return out;
}

// End of the word that begins at i: a contraction, a run of letters, one number, or a run of other marks.
std::size_t wordEnd(const std::u32string& text, std::size_t i) {
    for (const std::u32string_view special : {U"<|startoftext|>", U"<|endoftext|>", U"'re", U"'ve", U"'ll", U"'s", U"'t", U"'m", U"'d"})
        if (std::u32string_view(text).substr(i).starts_with(special)) return i + special.size();
    if (isNumber(text[i])) return i + 1;
    const bool letters = isLetter(text[i]);
    const auto first = i;
    while (i < text.size() && text[i] != U' ' && !isNumber(text[i]) && isLetter(text[i]) == letters) {
        if (letters && i > first && text[i] == U'\'') break;
        ++i;
    }
    return i;
}

} // namespace

ClipTokenizer::ClipTokenizer(const std::filesystem::path& mergesGz) {
    std::vector<std::string> alphabet(256);
    std::size_t place = 0;
    int other = 0;
    const auto printable = [](int b) { return (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE && b <= 0xFF); };
    for (const bool wanted : {true, false})
        for (int b = 0; b < 256; ++b)
            if (printable(b) == wanted) {
                appendUtf8(m_bytes[b], wanted ? char32_t(b) : char32_t(256 + other++));
                alphabet[place++] = m_bytes[b];
            }
    std::int64_t id = 0;
    for (const auto& letter : alphabet) m_ids[letter] = id++;
    for (const auto& letter : alphabet) m_ids[letter + "</w>"] = id++;
    const auto text = inflated(mergesGz);
    constexpr int merges = 49152 - 256 - 2;
    auto at = text.find('\n') + 1; // the first line names the version
    for (int rank = 0; rank < merges; ++rank) {
        const auto stop = text.find('\n', at);
        if (stop == std::string::npos) corrupt(mergesGz);
        auto line = text.substr(at, stop - at);
        const auto blank = line.find(' '); // two parts, neither empty
        if (blank == 0 || blank >= line.size() - 1 || line.find(' ', blank + 1) != std::string::npos) corrupt(mergesGz);
        if (!m_ranks.emplace(line, rank).second) corrupt(mergesGz);
        line.erase(blank, 1);
        m_ids[line] = id++;
        at = stop + 1;
    }
    m_ids["<|startoftext|>"] = start;
    m_ids["<|endoftext|>"] = end;
}

const ClipTokenizer& ClipTokenizer::shared() {
    static const ClipTokenizer tokenizer(resourcesFolder() / "clip" / "bpe_simple_vocab_16e6.txt.gz");
    return tokenizer;
}

std::vector<std::int64_t> ClipTokenizer::bytePairs(const std::string& word) const {
    if (const auto special = m_ids.find(word); special != m_ids.end() && special->second >= start) return {special->second};
    std::vector<std::string> parts;
    for (const unsigned char byte : word) parts.push_back(m_bytes[byte]);
    parts.back() += "</w>";
    while (parts.size() > 1) {
        int best = INT_MAX;
        std::size_t place = 0;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i)
            if (const auto rank = m_ranks.find(parts[i] + " " + parts[i + 1]); rank != m_ranks.end() && rank->second < best)
                best = rank->second, place = i;
        if (best == INT_MAX) break;
        // Merge every occurrence of the best pair, left to right.
        const auto left = parts[place], right = parts[place + 1];
        std::vector<std::string> merged;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (i + 1 < parts.size() && parts[i] == left && parts[i + 1] == right) merged.push_back(left + right), ++i;
            else merged.push_back(parts[i]);
        }
        parts = std::move(merged);
    }
    std::vector<std::int64_t> ids;
    for (const auto& part : parts) ids.push_back(m_ids.at(part));
    return ids;
}

std::vector<ClipTokenizer::Word> ClipTokenizer::words(const std::string& text) const {
    constexpr std::size_t longestWord = 4096; // a byte pair search is quadratic in the word
    const auto normal = normalised(text);
    std::vector<Word> words;
    for (std::size_t i = 0; i < normal.size();) {
        if (normal[i] == U' ') {
            ++i;
            continue;
        }
        const auto stop = std::min(wordEnd(normal, i), i + longestWord);
        Word word;
        for (; i < stop; ++i) appendUtf8(word.text, normal[i]);
        word.ids = bytePairs(word.text);
        words.push_back(std::move(word));
    }
    return words;
}

std::vector<std::int64_t> ClipTokenizer::encode(const std::string& text) const {
    std::vector<std::int64_t> ids;
    for (const auto& word : words(text)) ids.insert(ids.end(), word.ids.begin(), word.ids.end());
    return ids;
}

TokenIds tokenIds(const ClipTokenizer& tokenizer, const std::string& text, int length, std::int64_t pad) {
    TokenIds result;
    result.ids.push_back(ClipTokenizer::start);
    result.count = 2;
    for (const auto& word : tokenizer.words(text)) {
        for (const auto id : word.ids)
            if (int(result.ids.size()) < length - 1) result.ids.push_back(id);
        result.count += int(word.ids.size());
        if (result.count > length) result.cut += (result.cut.empty() ? "" : " ") + word.text;
    }
    result.ids.push_back(ClipTokenizer::end);
    result.mask.assign(result.ids.size(), 1);
    result.ids.resize(std::size_t(length), pad);
    result.mask.resize(std::size_t(length), 0);
    return result;
}

} // namespace phloxine
