#pragma once
// The byte-pair tokenizer of CLIP (openai/CLIP simple_tokenizer; lower case, white space folded, 49,408 tokens).
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace phloxine {

class ClipTokenizer {
public:
    static constexpr std::int64_t start = 49406, end = 49407;

    explicit ClipTokenizer(const std::filesystem::path& mergesGz); // bpe_simple_vocab_16e6.txt.gz. Error(NotFound | Corrupt)
    static const ClipTokenizer& shared();                          // the vocabulary in resources/clip; safe from any thread

    struct Word {
        std::string text; // as it stands in the normalised prompt
        std::vector<std::int64_t> ids;
    };
    std::vector<Word> words(const std::string& text) const;
    std::vector<std::int64_t> encode(const std::string& text) const; // without start and end

private:
    std::vector<std::int64_t> bytePairs(const std::string& word) const;
    std::unordered_map<std::string, int> m_ranks; // "a b" -> rank
    std::unordered_map<std::string, std::int64_t> m_ids;
    std::string m_bytes[256]; // printable stand-in of each byte, UTF-8
};

struct TokenIds {
    std::vector<std::int64_t> ids;  // start, words, end, padding; `length` of them
    std::vector<std::int64_t> mask; // 1 for real tokens, start and end included
    int count = 0;                  // tokens of the whole text, start and end included
    std::string cut;                // the words that did not fit
};
TokenIds tokenIds(const ClipTokenizer& tokenizer, const std::string& text, int length, std::int64_t pad = ClipTokenizer::end);

} // namespace phloxine
