#pragma once
// The colours of the program, light and dark, and their way into Qt: Fusion, the palette and the style sheet. The chrome is pure grey, so
// that the tissue is the only colourful thing.
#include <QColor>

namespace phloxine::ui {

struct Theme {
    bool dark = false;
    QColor rail, panel, surface, hover;   // grounds, from the frame of the window inwards
    QColor line, edge;                    // separators; borders of controls
    QColor text, text2, text3, disabled;  // text, labels and hints, placeholders, disabled
    QColor accent, onAccent, accentHover; // primary, selection, synthetic
    QColor soft, softText;                // selected row, active segment
    QColor ok, okBg, warn, warnBg, err, errBg, info, infoBg;
    QColor canvas, canvasText; // surround of images
    QColor track, plotReal;    // empty part of bars; real series
};

enum class ThemeChoice { System, Light, Dark };

const Theme& lightTheme();
const Theme& darkTheme();
const Theme& theme(); // the one in use
ThemeChoice themeChoice();

// Needs the QApplication. May be called again at any time: widgets get QEvent::PaletteChange and icons take the new colours.
void applyTheme(ThemeChoice choice);

} // namespace phloxine::ui
