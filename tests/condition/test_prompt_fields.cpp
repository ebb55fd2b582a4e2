// The fields of a prompt: what they compose, and what of a prompt comes back into them.
#include <QtTest>

#include "core/condition/attributes.h"
#include "core/condition/prompt_fields.h"
#include "core/condition/prompt_grammar.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

namespace {
const PromptVocabulary& levels() { return *findPromptVocabulary("class-levels"); }
const PromptVocabulary& pathldm() { return *findPromptVocabulary("pathldm"); }
const std::vector<std::string> names = {"benign colon", "lung squamous cell carcinoma"};

// The prompt says all that the values say, and nothing else.
bool comesBack(const PromptVocabulary& vocabulary, const PromptValues& values) {
    return promptValuesIn(vocabulary, composedPrompt(vocabulary, values), names) == values;
}
} // namespace

class TestPromptFields : public QObject {
    Q_OBJECT

private slots:
    void asTheCaptionsOfTheEmbeddedModel() {
        QCOMPARE(composedPrompt(levels(), {"benign colon", "", "", "", "high"}), std::string("benign colon, high lumen"));
        QCOMPARE(composedPrompt(levels(), {"", "low", "high", "medium", ""}),
                 std::string("low nuclear density, dark stain, balanced tone"));
        QCOMPARE(composedPrompt(levels(), PromptValues(5)), std::string());
        QCOMPARE(levels().fields.size(), attributes().size() + 1);
    }

    void asTheCaptionsOfPathldm() {
        const PromptValues values{"high", "low", "breast", "infiltrating ductal carcinoma", "grade 2", "focal necrosis, high mitotic rate"};
        const std::string prompt = "high tumor; low til; breast, infiltrating ductal carcinoma, grade 2; focal necrosis, high mitotic rate";
        QCOMPARE(composedPrompt(pathldm(), values), prompt);
        QVERIFY(comesBack(pathldm(), values));
        const auto parts = parsePrompt(promptGrammar("pathldm"), prompt); // as other parts of the program read it
        QVERIFY(parts.highTumor == true && parts.highTil == false && !parts.summary.empty());
    }

    void everyChoiceOfLevelsComesBack() {
        for (const auto& vocabulary : promptVocabularies()) {
            std::vector<PromptValues> all{PromptValues(vocabulary.fields.size())};
            for (std::size_t i = 0; i < vocabulary.fields.size(); ++i)
                for (std::size_t n = all.size(), k = 0; k < n; ++k)
                    for (const auto& option : vocabulary.fields[i].options) {
                        auto values = all[k];
                        values[i] = option.value;
                        all.push_back(values);
                    }
            for (const auto& values : all) QVERIFY2(comesBack(vocabulary, values), composedPrompt(vocabulary, values).c_str());
        }
    }

    void otherPhrasesAndOrdersAreRead() {
        const auto values = promptValuesIn(levels(), "many nuclei, LUNG squamous cell carcinoma, eosin rich, torn edge", names);
        QVERIFY(values == (PromptValues{"lung squamous cell carcinoma", "high", "", "high", ""}));
        QVERIFY(composedPrompt(levels(), values) != "many nuclei, LUNG squamous cell carcinoma, eosin rich, torn edge");
        QVERIFY(promptValuesIn(levels(), "benign colon; dark stain, purple tone", names) ==
                (PromptValues{"benign colon", "", "high", "low", ""})); // as prompts are drafted from tissue
        QVERIFY(promptValuesIn(levels(), "", names) == PromptValues(5));
        QVERIFY(promptValuesIn(levels(), "a text; of its own", names) == PromptValues(5));
    }

    void wordsFindTheirField() {
        QVERIFY(promptValuesIn(pathldm(), "high til; ductal carcinoma", names) ==
                (PromptValues{"", "high", "", "ductal carcinoma", "", ""}));
        QVERIFY(promptValuesIn(pathldm(), "lung, adenocarcinoma, poorly differentiated", names) ==
                (PromptValues{"", "", "lung", "adenocarcinoma", "poorly differentiated", ""}));
        for (const char* prompt : {"High tumor; low TIL", ";;; ,", "low tumor; a; b; c, d", "grade 3", "x, y, z, grade 1, w"})
            QVERIFY(promptValuesIn(pathldm(), prompt, {}).size() == 6);
    }

    void freeWordsStayInTheirField() {
        QCOMPARE(composedPrompt(pathldm(), {"", "", " lung;  left\nlobe ", "", "", ";,"}), std::string("lung, left lobe"));
        QCOMPARE(composedPrompt(pathldm(), {"", "low", "", "", "", "high tumor; x"}), std::string("low til; high tumor, x"));
    }

    void refused() {
        QCOMPARE(errorOf([] { composedPrompt(levels(), {"benign colon"}); }), "wrong-use");
        QCOMPARE(errorOf([] { composedPrompt(levels(), {"", "enormous", "", "", ""}); }), "wrong-use");
        QVERIFY(!findPromptVocabulary("") && !findPromptVocabulary("clip"));
    }
};

PHLOXINE_TEST(condition_prompt_fields, TestPromptFields, NoApplication)
#include "test_prompt_fields.moc"
