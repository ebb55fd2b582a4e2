// The command line from outside: exit codes, one JSON object on stdout, errors as one line on stderr, and the promises about pixels and
// files.
#include <csignal>

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include "core/image/ImageFile.h"
#include "tests/support/forked_command.h"
#include "tests/support/test_main.h"

using namespace phloxine;

class TestCommands : public QObject {
    Q_OBJECT
    QTemporaryDir m_dir;

    QString at(const QString& name) const { return m_dir.filePath(name); }
    static QString tinyModel() { return PHLOXINE_TEST_REFERENCE "/models/lrdm-tiny-vector/model.ckpt"; }
    Outcome run(const QStringList& arguments) const { return runForked(arguments, m_dir.path()); }
    Outcome start(const QStringList& arguments) const { return runProgram(arguments, m_dir.path()); } // the program itself
    static QStringList quick(const QString& out, const QStringList& more = {}) {
        return QStringList{"generate", "--class", "lung_scc", "--seed", "11", "--steps", "3", "--device", "cpu", "--out", out} + more;
    }
    void write(const QString& name, const QByteArray& bytes) const {
        QFile file(at(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
    }
    QByteArray read(const QString& name) const {
        QFile file(at(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    static void requireOneSentence(const Outcome& o) {
        QVERIFY2(o.err.startsWith("phloxine: ") && o.err.count('\n') == 1 && o.err.endsWith("\n"), o.err);
        QVERIFY2(o.out.isEmpty(), o.out);
    }

private slots:
    void initTestCase() {
        QVERIFY2(QFile::exists(program()), "the program is not built");
        qputenv("XDG_DATA_HOME", at("data").toUtf8()); // the models of this user stay as they are
    }

    void help_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("program") << QStringList{"--help"};
        for (const auto* c :
             {"demo", "generate", "recreate", "reconstruct", "metadata", "models", "slide", "export", "verify", "self-test", "diagnostics"})
            QTest::newRow(c) << QStringList{c, "--help"};
        QTest::newRow("models inspect") << QStringList{"models", "inspect", "--help"};
        QTest::newRow("slide region") << QStringList{"slide", "region", "--help"};
    }
    void help() {
        QFETCH(QStringList, arguments);
        const auto o = arguments.size() == 1 ? start(arguments) : run(arguments);
        QCOMPARE(o.code, 0);
        QVERIFY(o.out.contains("Usage") && o.err.isEmpty());
    }

    void version() { QVERIFY(start({"--version"}).out.trimmed().size() >= 5); }

    void wrongUse_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("unknown command") << QStringList{"generat"};
        QTest::newRow("unknown option") << QStringList{"generate", "--out", "x", "--colour", "red"};
        QTest::newRow("no destination") << QStringList{"generate", "--class", "lung_scc"};
        QTest::newRow("nothing to make") << QStringList{"generate", "--out", "x"};
        QTest::newRow("class and prompt") << QStringList{"generate", "--out", "x", "--class", "lung_scc", "--prompt", "lung"};
        QTest::newRow("count is a word") << QStringList{"generate", "--out", "x", "--class", "lung_scc", "--count", "many"};
        QTest::newRow("count of zero") << QStringList{"generate", "--out", "x", "--class", "lung_scc", "--count", "0"};
        QTest::newRow("seed too large") << QStringList{"generate", "--out", "x", "--class", "lung_scc", "--seed", "9007199254740993"};
        QTest::newRow("negative seed") << QStringList{"generate", "--out", "x", "--class", "lung_scc", "--seed", "-1"};
        QTest::newRow("unknown sampler") << QStringList{"generate", "--out", "x", "--class", "lung_scc", "--sampler", "best"};
        QTest::newRow("unknown class") << QStringList{"generate", "--out", "x", "--class", "kidney"};
        QTest::newRow("unknown device") << QStringList{"generate", "--out", "x", "--class", "lung_scc", "--device", "abacus"};
        QTest::newRow("recreate without a wish") << QStringList{"recreate", "x.png"};
        QTest::newRow("models without a word") << QStringList{"models"};
    }
    void wrongUse() {
        QFETCH(QStringList, arguments);
        const auto o = run(arguments);
        const bool absent = arguments.contains("x.png") || arguments.contains("kidney"); // asked for what is not there
        QVERIFY2(o.code == 2 || (o.code == 1 && absent), QByteArray::number(o.code) + o.err);
        requireOneSentence(o);
        QVERIFY(!QFile::exists(at("x")));
    }

    void unknownClassNamesTheKnownOnes() {
        const auto o = run({"generate", "--out", "x", "--class", "kidney"});
        QVERIFY2(o.err.contains("kidney") && o.err.contains("lung_scc"), o.err);
    }

    void failures_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("unknown model") << QStringList{"generate", "--out", "x", "--class", "lung_scc", "--model", "none"};
        QTest::newRow("no request file") << QStringList{"generate", "--out", "x", "--request", "gone.json"};
        QTest::newRow("broken request") << QStringList{"generate", "--out", "x", "--request", "broken.json"};
        QTest::newRow("recreate what is not there") << QStringList{"recreate", "gone.png", "--check"};
        QTest::newRow("recreate a text") << QStringList{"recreate", "broken.json", "--check"};
        QTest::newRow("metadata of a text") << QStringList{"metadata", "broken.json"};
        QTest::newRow("inspect nothing") << QStringList{"models", "inspect", "gone"};
        QTest::newRow("inspect a web page") << QStringList{"models", "inspect", PHLOXINE_TEST_DATA "/bad-models/html.ckpt"};
        const auto bad = [](const char* file) { return QString(PHLOXINE_TEST_DATA "/bad-models/") + file; };
        for (const auto* word : {"inspect", "add"}) {
            const auto row = [&](const char* what) { return QByteArray(word) + " " + what; };
            QTest::newRow(row("a cut checkpoint")) << QStringList{"models", word, bad("truncated.ckpt")};
            QTest::newRow(row("a program")) << QStringList{"models", word, bad("torchscript.ckpt")};
            QTest::newRow(row("a climbing archive")) << QStringList{"models", word, bad("zipslip.ckpt"), "--json"};
            QTest::newRow(row("a broken header")) << QStringList{"models", word, bad("st-json.safetensors")};
            QTest::newRow(row("a folder of nothing")) << QStringList{"models", word, "."};
            QTest::newRow(row("a name that is too long")) << QStringList{"models", word, QString(5000, 'x')};
            QTest::newRow(row("a device")) << QStringList{"models", word, "/dev/zero"};
        }
        QTest::newRow("verify nothing") << QStringList{"verify", "."};
        QTest::newRow("export without a plan") << QStringList{"export", "--plan", "gone.json", "--out", "x"};
        QTest::newRow("export of a broken plan") << QStringList{"export", "--plan", "broken.json", "--out", "x"};
        QTest::newRow("destination is a file") << quick("broken.json");
        QTest::newRow("destination below a file") << quick("broken.json/below");
        QTest::newRow("destination cannot be made") << quick("/proc/phloxine");
    }
    void failures() {
        QFETCH(QStringList, arguments);
        write("broken.json", "{\"format\":");
        const auto o = run(arguments);
        QCOMPARE(o.code, 1);
        requireOneSentence(o);
        QCOMPARE(read("broken.json"), QByteArray("{\"format\":"));
    }

    void wrongUseOfAdd_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("a name that climbs") << QStringList{"models", "add", tinyModel(), "--id", "../x"};
    }
    void wrongUseOfAdd() {
        QFETCH(QStringList, arguments);
        const auto o = run(arguments);
        QCOMPARE(o.code, 2);
        requireOneSentence(o);
    }

    // A model folder, as a training makes it, is taken in once under each name.
    void addsAModelFolder() {
        const QStringList add{"models", "add", PHLOXINE_TEST_DATA "/../../resources/models/lc25000", "--id", "mine-again"};
        const auto first = run(add), second = run(add);
        QVERIFY2(first.code == 0, first.err);
        QCOMPARE(second.code, 1);
        requireOneSentence(second);
    }

    // A model that can be read and does not fit is a report with the exit code 1; it cannot be added.
    void modelThatDoesNotFit() {
        QVERIFY(QFile::copy(tinyModel(), at("misfit.ckpt")));
        QFile yaml(QString(PHLOXINE_TEST_REFERENCE "/models/lrdm-tiny-vector/project.yaml"));
        QVERIFY(yaml.open(QIODevice::ReadOnly));
        write("misfit.yaml", yaml.readAll().replace("context_dim: 24", "context_dim: 16"));
        const auto said = run({"models", "inspect", "misfit.ckpt"});
        QCOMPARE(said.code, 1);
        QVERIFY2(said.out.contains("does not fit") && said.out.contains("to_k.weight") && said.err.isEmpty(), said.out + said.err);
        const auto json = run({"models", "inspect", "misfit.ckpt", "--json"});
        QCOMPARE(json.code, 1);
        QVERIFY2(json.json().contains("problem") && !json.json()["fits"].toBool(true) && json.err.isEmpty(), json.out + json.err);
        QCOMPARE(json.json()["problem"].toObject()["code"].toString(), QString("shape"));
        const auto added = run({"models", "add", "misfit.ckpt"});
        QCOMPARE(added.code, 1);
        requireOneSentence(added);
        QVERIFY(!QFile::exists(at("data/phloxine/models/misfit")));
    }

    void modelIsAddedOnce() {
        const QStringList arguments{"models", "add", tinyModel(), "--id", "tiny", "--json"};
        const auto first = run(arguments);
        QVERIFY2(first.code == 0 && first.json()["id"] == "tiny" && first.err.isEmpty(), first.out + first.err);
        QVERIFY(QFile::exists(at("data/phloxine/models/tiny/model.json")));
        const auto again = run(arguments);
        QCOMPARE(again.code, 1);
        requireOneSentence(again);
        QVERIFY2(again.err.contains("tiny") && again.err.contains("--id"), again.err);
        QVERIFY(run({"models", "list"}).out.contains("tiny"));
        QCOMPARE(run({"models", "inspect", "data/phloxine/models/tiny"}).code, 0);
        QVERIFY(QDir(at("data/phloxine/models/tiny")).removeRecursively());
    }

    void oneJsonObject_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("key");
        QTest::newRow("models list") << QStringList{"models", "list", "--json"} << "models";
        QTest::newRow("models inspect") << QStringList{"models", "inspect", "--json", PHLOXINE_TEST_DATA "/../../resources/models/lc25000"}
                                        << "kind";
        QTest::newRow("verify") << QStringList{"verify", "--json", PHLOXINE_TEST_REFERENCE "/formula-weights"} << "cases";
        QTest::newRow("generate") << quick("json", {"--json"}) << "tiles";
        QTest::newRow("diagnostics") << QStringList{"diagnostics", "--json"} << "";
    }
    void oneJsonObject() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, key);
        const auto o = start(arguments);
        QVERIFY2(o.code == 0, o.err);
        QVERIFY2(!o.json().isEmpty() && (key.isEmpty() || o.json().contains(key)), o.out);
        QVERIFY2(o.err.isEmpty(), o.err);
    }

    void sameRequestSamePixels() {
        QCOMPARE(run(quick("a", {"--count", "8", "--quiet"})).code, 0);
        QCOMPARE(run(quick("b", {"--count", "8"})).code, 0);
        for (int i = 0; i < 8; ++i) {
            const auto name = QString("/lung_scc-%1.png").arg(11 + i);
            QVERIFY(!read("a" + name).isEmpty() && read("a" + name) == read("b" + name));
        }
        QCOMPARE(run({"generate", "--class", "lung_scc", "--seed", "16", "--steps", "3", "--device", "cpu", "--out", "c"}).code, 0);
        // Tile 5 of eight and the single tile: same pixels and, being the same resolved tile, the same file.
        QVERIFY(read("c/lung_scc-16.png") == read("a/lung_scc-16.png"));
    }

    void recreateFromAnotherFolder() {
        QCOMPARE(run(quick("made")).code, 0);
        QVERIFY(QDir(m_dir.path()).mkpath("moved/far"));
        QVERIFY(QFile::copy(at("made/lung_scc-11.png"), at("moved/far/tile.png")));
        const auto o = run({"recreate", "moved/far/tile.png", "--check"});
        QVERIFY2(o.code == 0 && o.out.contains("identical"), o.out + o.err);
        const auto json = run({"recreate", "moved/far/tile.png", "--check", "--json"}).json();
        QVERIFY(json["identical"].toBool());
        QVERIFY(run({"metadata", "moved/far/tile.png"}).out.contains("lung_scc"));
    }

    // A tile and a request from a machine with a GPU name a device that this one may not have.
    void whatAGpuMadeIsMadeHere() {
        QCOMPARE(run(quick("there")).code, 0);
        auto png = readPng(at("there/lung_scc-11.png").toStdString());
        const auto named = [](std::string text) {
            const std::string here = "\"device\":\"cpu\"";
            for (const auto& found : {here, std::string("\"device\": \"cpu\"")})
                if (const auto place = text.find(found); place != std::string::npos)
                    text.replace(place, found.size(), "\"device\":\"cuda:3\"");
            return text;
        };
        for (auto& text : png.texts) text.text = named(text.text);
        writePng(at("from-gpu.png").toStdString(), png.image, png.texts);
        QVERIFY(run({"metadata", "from-gpu.png"}).out.contains("cuda:3"));
        for (const QStringList& more : {QStringList(), QStringList{"--device", "cpu"}}) {
            const auto o = run(QStringList{"recreate", "from-gpu.png", "--check"} + more);
            QVERIFY2(o.code == 0 && o.out.contains("identical"), o.out + o.err);
        }
        auto unknown = read("there/request.json");
        unknown.replace("\"cpu\"", "\"gpu\"");
        write("unknown.json", unknown);
        const auto refused = run({"generate", "--request", "unknown.json", "--out", "here-c"});
        QCOMPARE(refused.code, 2);
        requireOneSentence(refused);
        write("from-gpu.json", QByteArray::fromStdString(named(read("there/request.json").toStdString())));
        QVERIFY(read("from-gpu.json").contains("cuda:3"));
        for (const QStringList& more : {QStringList(), QStringList{"--device", "cpu"}}) {
            const auto o =
                run(QStringList{"generate", "--request", "from-gpu.json", "--json", "--out", more.isEmpty() ? "here-a" : "here-b"} + more);
            QVERIFY2(o.code == 0 && o.json()["device"].toString() == "cpu", o.out + o.err);
        }
    }

    void sameFolderAgainKeepsTheTiles() {
        QCOMPARE(run(quick("again", {"--count", "2"})).code, 0);
        const auto before = QFileInfo(at("again/lung_scc-11.png")).lastModified();
        const auto o = run(quick("again", {"--count", "2", "--json"}));
        QCOMPARE(o.code, 0);
        QCOMPARE(o.json()["kept"].toInt(), 2);
        QCOMPARE(QFileInfo(at("again/lung_scc-11.png")).lastModified(), before);
        const auto other = run(quick("again", {"--count", "3"}));
        QCOMPARE(other.code, 1);
        requireOneSentence(other);
    }

    void longPromptIsCutAndSaid() {
        const auto o =
            run({"generate", "--prompt", QString("lung ").repeated(40) + "pearls", "--steps", "2", "--seed", "1", "--out", "long"});
        QCOMPARE(o.code, 0);
        QVERIFY2(o.err.contains("cut") && o.err.contains("pearls"), o.err);
    }

    void interrupted() {
        QProcess process;
        process.setWorkingDirectory(m_dir.path());
        process.start(program(), quick("stopped", {"--count", "500"}));
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(at("stopped/lung_scc-12.png")), 60000);
        kill(pid_t(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(20000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 130);
        QCOMPARE(process.readAllStandardError().count('\n'), 1);
        QVERIFY(!read("stopped/lung_scc-11.png").isEmpty()); // finished tiles stay
        for (const auto& name : QDir(at("stopped")).entryList(QDir::Files | QDir::Hidden))
            QVERIFY2(!name.startsWith(".phloxine-tmp-"), qPrintable(name));
    }

    // A second program in the same folder says so and leaves the first alone.
    void folderInUse() {
        QProcess first;
        first.setWorkingDirectory(m_dir.path());
        first.start(program(), quick("busy", {"--count", "500"}));
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(at("busy/lung_scc-11.png")), 60000);
        const auto second = run(quick("busy", {"--count", "500"}));
        QCOMPARE(second.code, 1);
        requireOneSentence(second);
        QCOMPARE(first.state(), QProcess::Running);
        kill(pid_t(first.processId()), SIGINT);
        QVERIFY(first.waitForFinished(20000));
    }

    void diagnosticsHoldNothingPersonal() {
        const auto o = run({"diagnostics"});
        QCOMPARE(o.code, 0);
        for (const auto* name : {"HOME", "USER", "LOGNAME"}) {
            const auto value = qgetenv(name);
            if (value.size() > 4) QVERIFY2(!o.out.contains(value), name); // "root" is also a word
        }
    }
};

PHLOXINE_TEST(cli_commands, TestCommands, QCoreApplication)
#include "test_commands.moc"
