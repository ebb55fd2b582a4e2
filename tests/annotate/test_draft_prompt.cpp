// A prompt from tissue: the words are levels of what is measured, against other places of the same slide.
#include <QtTest>

#include "core/annotate/caption_measures.h"
#include "core/annotate/draft_prompt.h"
#include "core/base/Error.h"
#include "tests/support/errors.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestDraftPrompt : public QObject {
    Q_OBJECT

    static std::unique_ptr<SlideSource> slide() { return syntheticSlide(2400, 2000); } // 0.25 um/px
    static DraftWish wish(double left, double top) {
        DraftWish w;
        w.tilePx = 96, w.micronsPerPixel = 0.5;
        w.box = {left, top, left + 192, top + 192};
        return w;
    }

private slots:
    void measuresThePlaceItself() {
        const auto source = slide();
        const auto draft = draftPrompt(*source, wish(1000, 800));
        const auto expected = captionMeasures(readRegion(*source, 1000, 800, 96, 96, 0.5));
        QCOMPARE(draft.tiles, 1);
        QVERIFY(draft.compared >= 12);
        QCOMPARE(draft.measured.size(), expected.size());
        for (std::size_t k = 0; k < expected.size(); ++k) QVERIFY(std::abs(draft.measured[k] - expected[k]) < 1e-9);
        const auto stated = attributeLevelsIn(draft.prompt.text);
        for (std::size_t k = 0; k < stated.size(); ++k)
            QVERIFY2(stated[k] == draft.levels[k] || draft.prompt.dropped.size() > 0, draft.prompt.text.c_str());
        QVERIFY(draftPrompt(*source, wish(1000, 800)).prompt.text == draft.prompt.text);
    }

    void aRegionIsMeasuredInSeveralPlaces() {
        auto w = wish(400, 400);
        w.box = {400, 400, 1600, 1600};
        w.region = {{{{400, 400}, {1600, 400}, {1600, 1600}, {400, 1600}}, {}}};
        w.className = "benign colon";
        const auto source = slide();
        const auto draft = draftPrompt(*source, w);
        QVERIFY(draft.tiles > 4);
        QVERIFY2(draft.prompt.text.starts_with("benign colon; "), draft.prompt.text.c_str());
        w.vocabulary = "class-levels"; // the model's own captions have commas
        const auto own = draftPrompt(*source, w);
        QVERIFY2(own.prompt.text.starts_with("benign colon, "), own.prompt.text.c_str());
        QVERIFY(attributeLevelsIn(own.prompt.text) == attributeLevelsIn(draft.prompt.text));
        w.vocabulary = "pathldm"; // has no words for them
        QCOMPARE(draftPrompt(*source, w).prompt.text, draft.prompt.text);
    }

    void refused() {
        const auto unknown = withScale(slide(), {});
        QCOMPARE(errorOf([&] { draftPrompt(*unknown, wish(0, 0)); }), "wrong-use");
        const auto source = slide();
        auto w = wish(0, 0);
        w.micronsPerPixel = 0;
        QCOMPARE(errorOf([&] { draftPrompt(*source, w); }), "wrong-use");
        w = wish(90000, 90000); // off the slide all is white
        std::string message;
        QCOMPARE(errorOf([&] { draftPrompt(*source, w); }, &message), "wrong-use");
        QVERIFY2(message.find("too little tissue") != message.npos, message.c_str());
        w = wish(1000, 800);
        w.className = "one; two";
        QCOMPARE(errorOf([&] { draftPrompt(*source, w); }), "wrong-use");
    }

    void stops() {
        const auto source = slide();
        int tiles = 0;
        const auto stop = [&] {
            if (++tiles == 3) throw Cancelled();
        };
        QCOMPARE(errorOf([&] { draftPrompt(*source, wish(1000, 800), stop); }), "cancelled");
        QCOMPARE(tiles, 3);
    }
};

PHLOXINE_TEST(annotate_draft_prompt, TestDraftPrompt, QCoreApplication)
#include "test_draft_prompt.moc"
