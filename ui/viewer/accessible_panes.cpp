#include "ui/viewer/accessible_panes.h"

#include <QAccessibleWidget>

#include "ui/viewer/OverviewNavigator.h"
#include "ui/viewer/SlideView.h"
#include "ui/viewer/TileView.h"

namespace phloxine::ui {

void showAsGraphic() {
    static const bool once = [] {
        QAccessible::installFactory([](const QString&, QObject* object) -> QAccessibleInterface* {
            const bool pane =
                qobject_cast<SlideView*>(object) || qobject_cast<TileView*>(object) || qobject_cast<OverviewNavigator*>(object);
            return pane ? new QAccessibleWidget(static_cast<QWidget*>(object), QAccessible::Graphic) : nullptr;
        });
        return true;
    }();
    (void)once;
}

} // namespace phloxine::ui
