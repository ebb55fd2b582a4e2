#pragma once
namespace phloxine::ui {

// From now on screen readers meet the panes of the viewer as graphics, not as nameless areas. May be called any number of times.
void showAsGraphic();

} // namespace phloxine::ui
