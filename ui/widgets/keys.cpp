#include "ui/widgets/keys.h"

#include <QAction>
#include <QCoreApplication>
#include <QKeyEvent>

#include "core/base/Error.h"

namespace phloxine::ui {
namespace {

constexpr KeyRow rows[] = {
    {"project.open", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Open project"), "Ctrl+Shift+O"},
    {"slide.open", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Open slide"), "Ctrl+O"},
    {"tiles.export", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Export tiles"), "Ctrl+E"},
    {"window.quit", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Quit"), "Ctrl+Q"},
    {"edit.undo", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Undo"), "Ctrl+Z"},
    {"edit.redo", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Redo"), "Ctrl+Shift+Z"},
    {"library.find", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Find in the library"), "Ctrl+F"},
    {"window.settings", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Settings"), "Ctrl+,"},
    {"window.findAction", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Find an action"), "Ctrl+K"},
    {"workspace.generate", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Workspace Generate"), "Alt+1"},
    {"workspace.compare", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Workspace Compare"), "Alt+2"},
    {"workspace.train", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Workspace Train"), "Alt+5"},
    {"workspace.models", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Workspace Models"), "Alt+6"},
    {"workspace.library", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Workspace Library"), "Alt+7"},
    {"window.fullScreen", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Full screen"), "F11"},
    {"panel.next", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Next panel"), "F6"},
    {"panel.previous", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Previous panel"), "Shift+F6"},
    {"run.here", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Generate, compare or train what is set up here"), "Ctrl+Return|Ctrl+Enter"},
    {"run.grid", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Grid of two parameters"), "Ctrl+G"},
    {"tile.findTissue", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Find real tissue like this tile"), "Ctrl+T"},
    {"run.stop", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Stop now; a training pauses"), "Ctrl+."},
    {"run.stopAfterTile", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Stop after this tile"), "Ctrl+Shift+."},
    {"help.keys", KeyPlace::Window, QT_TRANSLATE_NOOP("Keys", "Keys"), "F1"},

    {"image.power1", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Show at 2.5×"), "1"},
    {"image.power2", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Show at 5×"), "2"},
    {"image.power3", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Show at 10×"), "3"},
    {"image.power4", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Show at 20×"), "4"},
    {"image.power5", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Show at 40×"), "5"},
    {"image.larger", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Larger"), "+|="},
    {"image.smaller", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Smaller"), "-"},
    {"image.fit", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Fit the tile"), "0"},
    {"image.left", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Move left"), "Left"},
    {"image.right", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Move right"), "Right"},
    {"image.up", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Move up"), "Up"},
    {"image.down", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Move down"), "Down"},
    {"image.tileLeft", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Move left by one tile"), "Shift+Left"},
    {"image.tileRight", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Move right by one tile"), "Shift+Right"},
    {"image.tileUp", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Move up by one tile"), "Shift+Up"},
    {"image.tileDown", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Move down by one tile"), "Shift+Down"},

    {"image.sideBySide", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Tile and slide side by side"), "V"},
    {"image.wipe", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Wipe the tile over the slide"), "W"},
    {"image.flicker", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Flicker between tile and slide; Esc ends it"), "F"},
    {"image.difference", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Difference, where pixels belong together"), "D"},
    {"image.swap", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Swap tile and slide while held"), "Space"},
    {"image.less", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Less of the tile, slower"), ","},
    {"image.more", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "More of the tile, faster"), "."},
    {"image.link", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Link the zoom of the panes"), "L"},
    {"image.grid", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Grid of the tile size"), "G"},
    {"image.stain", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Next stain alone"), "H"},
    {"image.matchStain", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Show the tile in the stain of the slide"), "Shift+H"},
    {"image.turnLeft", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Turn left"), "["},
    {"image.turnRight", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Turn right"), "]"},
    {"image.flip", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Flip"), "Shift+M"},

    {"region.select", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Regions: select"), "M"},
    {"region.rectangle", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Regions: draw a rectangle"), "R"},
    {"region.polygon", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Regions: draw a polygon"), "P"},
    {"region.brush", KeyPlace::Image, QT_TRANSLATE_NOOP("Keys", "Regions: the brush"), "B"},

    {"tiles.star", KeyPlace::Tiles, QT_TRANSLATE_NOOP("Keys", "Star"), "S"},
    {"tiles.reject", KeyPlace::Tiles, QT_TRANSLATE_NOOP("Keys", "Reject"), "X"},
    {"tiles.blur", KeyPlace::Tiles, QT_TRANSLATE_NOOP("Keys", "Tag as blur"), "Shift+1"},
    {"tiles.nuclei", KeyPlace::Tiles, QT_TRANSLATE_NOOP("Keys", "Tag as nuclei"), "Shift+2"},
    {"tiles.stain", KeyPlace::Tiles, QT_TRANSLATE_NOOP("Keys", "Tag as stain"), "Shift+3"},
    {"tiles.seam", KeyPlace::Tiles, QT_TRANSLATE_NOOP("Keys", "Tag as seam"), "Shift+4"},
    {"tiles.useSeed", KeyPlace::Tiles, QT_TRANSLATE_NOOP("Keys", "Use the seed"), "U"},
    {"tiles.useAll", KeyPlace::Tiles, QT_TRANSLATE_NOOP("Keys", "Use all settings"), "A"},
    {"tiles.remix", KeyPlace::Tiles, QT_TRANSLATE_NOOP("Keys", "Remix: all settings but the seed"), "R"},
    {"tiles.show", KeyPlace::Tiles, QT_TRANSLATE_NOOP("Keys", "Show the tile, or compare two"), "Return|Enter"},
    {"tiles.trash", KeyPlace::Tiles, QT_TRANSLATE_NOOP("Keys", "Move to the trash"), "Del"},
};

std::size_t indexOf(const char* id) {
    for (std::size_t i = 0; i < std::size(rows); ++i)
        if (qstrcmp(rows[i].id, id) == 0) return i;
    throw Error(ErrorCode::NotFound, std::string("There is no key row \"") + id + "\".");
}

QList<QKeySequence> sequences(const QString& text) {
    QList<QKeySequence> found;
    for (const auto& part : text.split(QLatin1Char('|'), Qt::SkipEmptyParts))
        if (const QKeySequence keys(part, QKeySequence::PortableText); !keys.isEmpty() && keys[0].key() != Qt::Key_unknown)
            found.append(keys);
    return found;
}

QString settingOf(const char* id) { return QStringLiteral("keys/") + QLatin1String(id); }

bool interruptsTyping(const QKeySequence& keys) {
    const auto combination = keys[0];
    const auto modifiers = combination.keyboardModifiers() & ~(Qt::ShiftModifier | Qt::KeypadModifier);
    const int key = combination.key();
    return modifiers == Qt::NoModifier && !(key >= Qt::Key_F1 && key <= Qt::Key_F35);
}

bool meet(KeyPlace a, KeyPlace b) { return a == b || a == KeyPlace::Window || b == KeyPlace::Window; }

} // namespace

std::span<const KeyRow> keyRows() { return rows; }
QString keyText(const KeyRow& row) { return QCoreApplication::translate("Keys", row.text); }

QString keyPlaceText(KeyPlace place) {
    switch (place) {
    case KeyPlace::Window:
        return QCoreApplication::translate("Keys", "Everywhere");
    case KeyPlace::Image:
        return QCoreApplication::translate("Keys", "Image panes");
    case KeyPlace::Tiles:
        return QCoreApplication::translate("Keys", "Tiles");
    }
    return {};
}

QString shownKeys(const QList<QKeySequence>& keys) {
    QStringList words;
    for (const auto& key : keys) words.append(key.toString(QKeySequence::NativeText));
    words.removeDuplicates();
    return words.join(QStringLiteral(", "));
}

Keys& Keys::inUse() {
    static Keys keys;
    return keys;
}

Keys::Keys() {
    for (const auto& row : rows) m_default.push_back(sequences(QLatin1String(row.keys)));
    m_keys = m_default;
}

void Keys::readFrom(std::unique_ptr<QSettings> settings) {
    m_settings = std::move(settings);
    m_keys = m_default;
    for (std::size_t i = 0; i < m_keys.size(); ++i)
        if (const auto value = m_settings->value(settingOf(rows[i].id)); value.isValid()) m_keys[i] = sequences(value.toString());
    Q_EMIT changed();
}

QList<QKeySequence> Keys::of(const char* id) const { return m_keys[indexOf(id)]; }

bool Keys::areDefault(const char* id) const { return m_keys[indexOf(id)] == m_default[indexOf(id)]; }

QString Keys::objection(const char* id, const QKeySequence& key, const KeyRow** taken) const {
    const auto mine = indexOf(id);
    if (key.isEmpty()) return tr("Press the keys that you want.");
    if (key.count() > 1) return tr("One combination of keys at a time is possible.");
    if (rows[mine].place == KeyPlace::Window && interruptsTyping(key))
        return tr("%1 alone would act while you type. Add Ctrl or Alt, or take a function key.").arg(shownKeys({key}));
    for (std::size_t i = 0; i < m_keys.size(); ++i)
        if (i != mine && meet(rows[i].place, rows[mine].place) && m_keys[i].contains(key)) {
            if (taken) *taken = &rows[i];
            return tr("%1 belongs to \"%2\".").arg(shownKeys({key}), keyText(rows[i]));
        }
    return {};
}

void Keys::set(const char* id, const QList<QKeySequence>& keys) {
    const auto mine = indexOf(id);
    for (std::size_t i = 0; i < m_keys.size(); ++i)
        if (i != mine && meet(rows[i].place, rows[mine].place) &&
            m_keys[i].removeIf([&](const QKeySequence& key) { return keys.contains(key); }) > 0)
            write(i);
    m_keys[mine] = keys;
    write(mine);
    Q_EMIT changed();
}

void Keys::reset(const char* id) { set(id, m_default[indexOf(id)]); }

void Keys::resetAll() {
    m_keys = m_default;
    for (std::size_t i = 0; i < m_keys.size(); ++i) write(i);
    Q_EMIT changed();
}

void Keys::write(std::size_t row) const {
    if (!m_settings) return;
    if (m_keys[row] == m_default[row]) return m_settings->remove(settingOf(rows[row].id));
    QStringList parts;
    for (const auto& key : m_keys[row]) parts.append(key.toString(QKeySequence::PortableText));
    m_settings->setValue(settingOf(rows[row].id), parts.join(QLatin1Char('|')));
}

void Keys::give(QAction* action, const char* id) {
    const auto apply = [this, action, id] { action->setShortcuts(of(id)); };
    apply();
    connect(this, &Keys::changed, action, apply);
}

const KeyRow* Keys::pressed(KeyPlace place, const QKeyEvent& event) const {
    const auto modifiers = event.modifiers() & ~Qt::KeypadModifier;
    QList<QKeySequence> possible{QKeySequence(QKeyCombination(modifiers, Qt::Key(event.key())))};
    const bool sign = event.key() > Qt::Key_Space && event.key() < Qt::Key_0;
    if (modifiers == Qt::ShiftModifier) {
        constexpr quint32 firstDigitCode = 10; // of the row of digits, in X11's and Wayland's count
        if (const auto code = event.nativeScanCode(); code >= firstDigitCode && code < firstDigitCode + 9)
            possible.append(QKeySequence(Qt::SHIFT | Qt::Key(Qt::Key_1 + int(code - firstDigitCode))));
        constexpr int signs[] = {Qt::Key_Exclam, Qt::Key_At, Qt::Key_NumberSign, Qt::Key_Dollar};
        for (int digit = 0; digit < 4; ++digit)
            if (event.key() == signs[digit]) possible.append(QKeySequence(Qt::SHIFT | Qt::Key(Qt::Key_1 + digit)));
        if (sign) possible.append(QKeySequence(event.key())); // plus
    }
    for (const auto& key : possible)
        for (std::size_t i = 0; i < m_keys.size(); ++i)
            if (rows[i].place == place && m_keys[i].contains(key)) return &rows[i];
    return nullptr;
}

} // namespace phloxine::ui
