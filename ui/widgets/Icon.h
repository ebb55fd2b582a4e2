#pragma once
// Outline icons of the program, drawn in the colours of the theme that is in use at the moment of drawing: a button keeps its icon when
// the theme changes.
#include <QColor>
#include <QIcon>
#include <QPixmap>

namespace phloxine::ui {

enum class IconTone { Text, Text2, OnAccent, Accent, SoftText, Ok, Warn, Err, Info };

// `name` is that of a file in resources/icons without its ending; `size` is the size in logical pixels that it says it has.
QIcon icon(const char* name, int size = 18);
QIcon icon(const char* name, int size, IconTone tone);

// For widgets that paint themselves.
QPixmap iconPixmap(const QString& name, int size, const QColor& color, double devicePixelRatio);

} // namespace phloxine::ui
