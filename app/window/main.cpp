// The window program: models, worker and window are put together here and nowhere else.
#include <cstdio>
#include <memory>

#include <QApplication>
#include <QCommandLineParser>
#include <QFile>
#include <QMessageBox>
#include <QTemporaryDir>

#include "app/window/bench.h"
#include "app/window/screenshot.h"
#include "core/base/Error.h"
#include "core/base/process.h"
#include "core/job/JobQueue.h"
#include "core/model/ModelStore.h"
#include "ui/bridge/JobBridge.h"
#include "ui/generate/GeneratePage.h"
#include "ui/shell/MainWindow.h"
#include "ui/shell/settings.h"
#include "ui/widgets/Theme.h"

namespace {

using namespace phloxine;

bool asksForScreenshot(int argc, char** argv) {
    for (int i = 1; i < argc; ++i)
        if (QByteArray(argv[i]).startsWith("--screenshot")) return true;
    return false;
}

// Without a display a picture can still be taken. The screen of Qt's offscreen platform is 800 x 800 unless a file says otherwise.
// A picture shows a fresh window and leaves no settings and no tiles behind.
void prepareForScreenshot(const QTemporaryDir& folder) {
    for (const char* variable : {"PHLOXINE_SETTINGS_DIR", "PHLOXINE_TILES"})
        if (!qEnvironmentVariableIsSet(variable)) qputenv(variable, folder.path().toLocal8Bit());
    if (qEnvironmentVariableIsSet("QT_QPA_PLATFORM") && qgetenv("QT_QPA_PLATFORM") != "offscreen") return;
    const bool display = qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY");
    if (display && !qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) return;
    QFile file(folder.filePath(QStringLiteral("screen.json")));
    if (!file.open(QIODevice::WriteOnly)) return;
    file.write(R"({"screens":[{"name":"picture","x":0,"y":0,"width":3840,"height":2160,"logicalDpi":96,"logicalBaseDpi":96,"dpr":1}]})");
    qputenv("QT_QPA_PLATFORM", "offscreen:configfile=" + file.fileName().toLocal8Bit());
}

struct Options {
    Screenshot screenshot;
    QSize size;
    QString theme, slide;
};

bool readOptions(const QApplication& app, Options& options) {
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Synthetic histology tiles beside real slides. For research only, not for diagnosis."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addOptions(
        {{QStringLiteral("screenshot"), QStringLiteral("Save a picture of the window and quit."), QStringLiteral("file")},
         {QStringLiteral("scene"), sceneNames().join(QStringLiteral(", ")), QStringLiteral("name"), QStringLiteral("generate")},
         {QStringLiteral("comparison"), QStringLiteral("Request of the scenes compare and calibrate."), QStringLiteral("file")},
         {QStringLiteral("training"), QStringLiteral("Run folder, or tiles, of the scenes train and training."), QStringLiteral("folder")},
         {QStringLiteral("theme"), QStringLiteral("light, dark or contrast, instead of the remembered one."), QStringLiteral("name")},
         {QStringLiteral("size"), QStringLiteral("Size of the window."), QStringLiteral("WxH"), QStringLiteral("1440x900")}});
    parser.addPositionalArgument(QStringLiteral("slide"), QStringLiteral("A slide or image to open."), QStringLiteral("[slide]"));
    parser.process(app);
    options.screenshot.file = parser.value(QStringLiteral("screenshot"));
    options.screenshot.scene = parser.value(QStringLiteral("scene"));
    options.screenshot.comparison = parser.value(QStringLiteral("comparison"));
    options.screenshot.training = parser.value(QStringLiteral("training"));
    options.theme = parser.value(QStringLiteral("theme"));
    options.slide = parser.positionalArguments().value(0);
    options.screenshot.slideGiven = !options.slide.isEmpty();
    const QStringList sides = parser.value(QStringLiteral("size")).split(QLatin1Char('x'));
    if (parser.isSet(QStringLiteral("size")) || parser.isSet(QStringLiteral("screenshot")))
        options.size = QSize(sides.value(0).toInt(), sides.value(1).toInt());
    const bool themeKnown =
        options.theme.isEmpty() ||
        QStringList{QStringLiteral("light"), QStringLiteral("dark"), QStringLiteral("contrast")}.contains(options.theme);
    return themeKnown && sceneNames().contains(options.screenshot.scene) && (!options.size.isValid() || !options.size.isEmpty());
}

ui::ThemeChoice chosenTheme(const QString& option) {
    if (option == QLatin1String("light")) return ui::ThemeChoice::Light;
    if (option == QLatin1String("dark")) return ui::ThemeChoice::Dark;
    if (option == QLatin1String("contrast")) return ui::ThemeChoice::Contrast;
    const int remembered = ui::openSettings()->value(ui::themeSetting, int(ui::ThemeChoice::System)).toInt();
    return ui::ThemeChoice(qBound(0, remembered, int(ui::ThemeChoice::Contrast)));
}

int runWindow(const Options& options) {
    const auto store = std::make_shared<ModelStore>();
    ui::JobBridge bridge;
    JobQueue queue(store, bridge, {.nice = 10}); // after the bridge: its thread reports to it until it is gone
    bridge.setQueue(&queue);
    ui::MainWindow window(store, bridge);
    if (options.size.isValid()) window.resize(options.size);
    window.show();
    if (!options.slide.isEmpty()) window.page()->openSlide(options.slide);
    if (!options.screenshot.file.isEmpty()) return takeScreenshot(window, bridge, options.screenshot);
    return QApplication::exec();
}

} // namespace

int main(int argc, char** argv) {
    limitSpinning(argv);
    if (asksForBench(argc, argv)) return runBench(argc, argv);
    const QTemporaryDir pictureFolder;
    if (asksForScreenshot(argc, argv)) prepareForScreenshot(pictureFolder);
    ui::applySizeSetting();
    QApplication app(argc, argv);
    QApplication::setApplicationName(QStringLiteral("Phloxine"));
    QApplication::setApplicationVersion(QStringLiteral(PHLOXINE_VERSION));
    Options options;
    if (!readOptions(app, options)) {
        std::fputs("phloxine-window: an option has a value that is not known; --help lists them\n", stderr);
        return 2;
    }
    ui::applyTheme(chosenTheme(options.theme));

    try {
        return runWindow(options);
    } catch (const Error& error) { // the program's own files are missing: there is nothing to show a window with
        std::fprintf(stderr, "phloxine-window: %s\n", error.what());
        if (options.screenshot.file.isEmpty()) QMessageBox::critical(nullptr, QStringLiteral("Phloxine"), QString::fromUtf8(error.what()));
        return 1;
    }
}
