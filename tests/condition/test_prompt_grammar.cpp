// Captions put together and read back, and summaries by programs of the user's.
#include <QtTest>

#include "core/base/process.h"
#include "core/condition/own_summariser.h"
#include "core/condition/prompt_grammar.h"
#include "core/condition/report_summary.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;
using namespace std::chrono_literals;

namespace {

const std::string report = "Diagnosis: Moderately differentiated adenocarcinoma of the colon. No lymphovascular invasion.";

std::string summaryBy(const std::string& command, int tokens = 35) { return summariseWith(command, report, tokens, 5s).text; }

PromptParts fullParts() {
    PromptParts parts;
    parts.className = "colon adenocarcinoma";
    parts.attributes = {AttributeLevel::High, {}, AttributeLevel::Low, AttributeLevel::Medium};
    parts.highTumor = true, parts.highTil = false;
    parts.summary = "Cribriform glands; dirty necrosis. No lymphovascular invasion.";
    return parts;
}

} // namespace

class PromptGrammarTest : public QObject {
    Q_OBJECT

private slots:
    void pathldmToTheLetter() {
        auto parts = fullParts();
        const auto& grammar = promptGrammar("pathldm");
        QCOMPARE(composePrompt(grammar, parts).text,
                 std::string("high tumor; low til; Cribriform glands; dirty necrosis. No lymphovascular invasion."));
        parts.highTil = {};
        QCOMPARE(composePrompt(grammar, parts).text,
                 std::string("high tumor; Cribriform glands; dirty necrosis. No lymphovascular invasion."));
        parts.summary.clear(), parts.highTumor = {};
        QCOMPARE(composePrompt(grammar, parts).text, std::string());
    }

    void ours() {
        QCOMPARE(composePrompt(promptGrammar("phloxine"), fullParts()).text,
                 std::string("colon adenocarcinoma; high nuclear density, purple tone, medium lumen; high tumor; low til; "
                             "Cribriform glands; dirty necrosis. No lymphovascular invasion."));
        QCOMPARE(composePrompt(promptGrammar("phloxine"), {}).text, std::string("tissue"));
    }

    void everyCombinationComesBack() {
        for (const auto& grammar : promptGrammars())
            for (int choice = 0; choice < 3 * 3 * 4 * 4 * 2 * 2; ++choice) {
                int c = choice;
                const auto take = [&](int n) {
                    const int digit = c % n;
                    c /= n;
                    return digit;
                };
                PromptParts parts;
                const int tumor = take(3), til = take(3);
                if (tumor) parts.highTumor = tumor == 1;
                if (til) parts.highTil = til == 1;
                parts.attributes.resize(grammar.attributes ? 4 : 0);
                for (const std::size_t i : {1, 3})
                    if (const int level = take(4); level && grammar.attributes) parts.attributes[i] = AttributeLevel(level - 1);
                if (take(2)) parts.summary = "Solid nests; necrosis is absent. Grade: 2.";
                if (take(2) && grammar.className) parts.className = "lung squamous cell carcinoma, keratinizing";
                const auto prompt = composePrompt(grammar, parts, 200);
                QVERIFY(prompt.dropped.empty());
                QVERIFY2(parsePrompt(grammar, prompt.text) == parts, prompt.text.c_str());
                if (grammar.attributes) QVERIFY(attributeLevelsIn(prompt.text) == parts.attributes); // as models are judged by
            }
    }

    void whatDoesNotFitIsListed() {
        const auto& grammar = promptGrammar("phloxine");
        for (int tokens = 77; tokens >= 6; --tokens) {
            const auto prompt = composePrompt(grammar, fullParts(), tokens);
            QVERIFY(prompt.tokens <= tokens && prompt.tokens == promptTokens(prompt.text));
            QVERIFY(prompt.text.starts_with("colon adenocarcinoma"));
            auto parts = parsePrompt(grammar, prompt.text);
            QCOMPARE(prompt.dropped.empty(), parts == fullParts());
            if (!parts.summary.empty()) QVERIFY(parts.summary.back() == '.');
        }
        QCOMPARE(errorOf([&] { composePrompt(grammar, fullParts(), 3); }), "wrong-use");
        QCOMPARE(composePrompt(promptGrammar("pathldm"), fullParts(), 2).text, std::string());
    }

    void sentencesThatReadAsAttributesAreDropped() {
        auto parts = fullParts();
        parts.summary = "Many nuclei in solid sheets. Necrosis is absent.";
        const auto prompt = composePrompt(promptGrammar("phloxine"), parts);
        QVERIFY(prompt.text.find("Many nuclei") == std::string::npos && prompt.text.ends_with("Necrosis is absent."));
        QCOMPARE(prompt.dropped.size(), std::size_t(1));
        QVERIFY(composePrompt(promptGrammar("pathldm"), parts).dropped.empty());
    }

    void namesThatCannotStand() {
        for (const char* name : {"colon; benign", "high tumor", "Low TIL", "dark stain", "two\nlines"}) {
            PromptParts parts;
            parts.className = name;
            QCOMPARE(errorOf([&] { composePrompt(promptGrammar("phloxine"), parts); }), "wrong-use");
        }
        std::string message;
        QCOMPARE(errorOf([] { promptGrammar("clip"); }, &message), "wrong-use");
        QVERIFY(message.find("pathldm") != std::string::npos);
    }

    void levels() {
        QVERIFY(!highLevel(0.499) && highLevel(0.5) && highLevel(1) && !highLevel(0.5, 0.6));
        for (const double p : {-0.1, 1.1, double(NAN)}) QCOMPARE(errorOf([&] { highLevel(p); }), "wrong-use");
    }

    void commands() {
        QCOMPARE(runCommand("cat; exit 3", "in", 5s).exitCode, 3);
        QCOMPARE(runCommand("cat", std::string(300'000, 'x'), 5s).out.size(), std::size_t(300'000));
        QCOMPARE(runCommand("echo no reader; exec 0<&-; sleep 0.1", std::string(900'000, 'x'), 5s).exitCode, 0);
        QCOMPARE(runCommand("echo word >&2; kill -9 $$", "", 5s).exitCode, 137);
        QVERIFY(runCommand("yes", "", 5s, 1000).tooMuch);
        QElapsedTimer timer;
        timer.start();
        QVERIFY(runCommand("sleep 30 & sleep 30", "", 300ms).timedOut); // with what it started
        QVERIFY(runCommand("exec >&-; sleep 30", "", 300ms).timedOut);
        QVERIFY(timer.elapsed() < 3000);
        QCOMPARE(runCommand("/nowhere/program", "", 5s).exitCode, 127);
    }

    void ownSummariser() {
        QCOMPARE(summaryBy("echo Adenocarcinoma with necrosis."), std::string("Adenocarcinoma with necrosis."));
        QCOMPARE(summaryBy("printf 'Adenocarcinoma, grade 2'"), std::string("Adenocarcinoma, grade 2")); // one phrase without a stop
        QCOMPARE(summaryBy("sed 's/Diagnosis: //'"),
                 std::string("Moderately differentiated adenocarcinoma of the colon. No lymphovascular invasion."));
        const auto cut = summariseWith("echo 'Adenocarcinoma. Necrosis is absent. The margins are free of'", report, 35, 5s);
        QCOMPARE(cut.text, std::string("Adenocarcinoma. Necrosis is absent."));
        QCOMPARE(cut.dropped.size(), std::size_t(1));
        const auto longer = summariseWith("echo 'One two three. Four five six. Seven.'", report, 8, 5s);
        QCOMPARE(longer.text, std::string("One two three."));
        QCOMPARE(longer.dropped.size(), std::size_t(2)); // nothing jumps the queue
        QVERIFY(longer.tokens <= 8);
        const auto named = summariseWith("echo 'Adenocarcinoma. Seen by Dr. Quillfeather. Grade 2.'", report, 35, 5s);
        QVERIFY(named.text.find("Quill") == std::string::npos);
        for (const auto& dropped : named.dropped) QVERIFY(dropped.sentence.find("Quill") == std::string::npos);
    }

    void ownSummarisersThatFail_data() {
        QTest::addColumn<QString>("command");
        QTest::addColumn<QByteArray>("code");
        QTest::newRow("none") << "  " << QByteArray("wrong-use");
        QTest::newRow("exit code") << "echo Carcinoma.; echo 'bad key' >&2; exit 4" << QByteArray("corrupt");
        QTest::newRow("not there") << "/nowhere/summarise" << QByteArray("corrupt");
        QTest::newRow("silent") << "true" << QByteArray("corrupt");
        QTest::newRow("too much") << "yes carcinoma." << QByteArray("corrupt");
        QTest::newRow("bytes") << "printf '\\377\\376abc.'" << QByteArray("corrupt");
        QTest::newRow("zeros") << "printf 'abc\\000def.'" << QByteArray("corrupt");
        QTest::newRow("one long sentence") << "yes carcinoma and | head -200 | tr '\\n' ' '; echo necrosis." << QByteArray("corrupt");
        QTest::newRow("crash") << "kill -11 $$" << QByteArray("corrupt");
    }
    void ownSummarisersThatFail() {
        QFETCH(QString, command);
        QFETCH(QByteArray, code);
        std::string message;
        QCOMPARE(errorOf([&] { summaryBy(command.toStdString()); }, &message), code);
        QVERIFY(message.find('\n') == message.npos);
    }

    void ownSummariserIsNotWaitedForEndlessly() {
        QCOMPARE(errorOf([] { summariseWith("sleep 60", report, 35, 300ms); }), "busy");
        QCOMPARE(errorOf([] { summariseWith("cat", "", 35, 5s); }), "wrong-use"); // no report
    }
};

PHLOXINE_TEST(condition_prompt_grammar, PromptGrammarTest, NoApplication)
#include "test_prompt_grammar.moc"
