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

enum class ThemeChoice { System, Light, Dark, Contrast }; // Contrast: black and white, dark where the system is dark

const Theme& lightTheme();
const Theme& darkTheme();
const Theme& contrastTheme(bool dark); // no tinted grounds; text 7 : 1 and more; edges as strong as text
const Theme& theme(); // the one in use
ThemeChoice themeChoice();

// Needs the QApplication. May be called again at any time: widgets get QEvent::PaletteChange and icons take the new colours.
void applyTheme(ThemeChoice choice);

// The user's wish: nothing blinks and nothing glides. Kept by whoever keeps settings.
bool reducedMotion();
void setReducedMotion(bool reduced);

} // namespace phloxine::ui
