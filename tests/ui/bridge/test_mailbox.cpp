// Actions from threads to the one that has the mailbox.
#include <atomic>
#include <thread>
#include <vector>

#include <QEventLoop>
#include <QtTest>

#include "tests/support/test_main.h"
#include "ui/bridge/Mailbox.h"

using namespace phloxine::ui;

class TestMailbox : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void eachThreadKeepsItsOrder() {
        constexpr int threads = 4, actions = 2000;
        Mailbox mailbox;
        std::vector<std::vector<int>> got(threads);
        std::vector<std::thread> senders;
        for (int t = 0; t < threads; ++t)
            senders.emplace_back([&, t] {
                for (int i = 0; i < actions; ++i) mailbox.send([&got, t, i] { got[std::size_t(t)].push_back(i); });
            });
        for (auto& sender : senders) sender.join();
        const auto all = [&] { return std::all_of(got.begin(), got.end(), [](const auto& g) { return g.size() == actions; }); };
        QTRY_VERIFY(all());
        for (const auto& g : got)
            for (int i = 0; i < actions; ++i) QCOMPARE(g[std::size_t(i)], i);
    }

    void nothingRunsBeforeTheEventLoopNorAfterTheEnd() {
        int ran = 0;
        auto mailbox = std::make_unique<Mailbox>();
        mailbox->send([&] { ++ran; });
        QCOMPARE(ran, 0);
        QTRY_COMPARE(ran, 1);
        mailbox->send([&] { ++ran; });
        mailbox.reset();
        QTest::qWait(20);
        QCOMPARE(ran, 1);
    }

    void anActionMayEndTheMailbox() {
        int ran = 0;
        auto mailbox = std::make_unique<Mailbox>();
        mailbox->send([&] {
            ++ran;
            mailbox.reset();
        });
        mailbox->send([&] { ++ran; });
        QTRY_COMPARE(ran, 1);
        QTest::qWait(20);
        QCOMPARE(ran, 1);
    }

    void anActionMayWaitForTheNext() { // as a dialog does that opens in one
        Mailbox mailbox;
        std::vector<int> order;
        std::function<void()> quit;
        mailbox.send([&] {
            order.push_back(1);
            QEventLoop loop;
            quit = [&] { loop.quit(); };
            loop.exec();
            order.push_back(3);
        });
        mailbox.send([&] {
            order.push_back(2);
            quit();
        });
        QTRY_COMPARE(order.size(), 3u);
        QCOMPARE(order, (std::vector{1, 2, 3}));
    }
};

PHLOXINE_TEST(ui_mailbox, TestMailbox, QApplication)
#include "test_mailbox.moc"
