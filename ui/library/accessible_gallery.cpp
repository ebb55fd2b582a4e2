#include "ui/library/accessible_gallery.h"

#include <map>

#include <QAccessibleWidget>

#include "ui/library/TileGallery.h"

namespace phloxine::ui {

namespace {

class CardInterface : public QAccessibleInterface, public QAccessibleActionInterface {
public:
    CardInterface(TileGallery* gallery, int index) : m_gallery(gallery), m_index(index) {}
    bool isValid() const override { return m_gallery && m_index < m_gallery->model().count(); }
    QObject* object() const override { return nullptr; }
    QWindow* window() const override { return QAccessible::queryAccessibleInterface(m_gallery)->window(); }
    QAccessibleInterface* parent() const override { return QAccessible::queryAccessibleInterface(m_gallery); }
    QAccessibleInterface* child(int) const override { return nullptr; }
    QAccessibleInterface* childAt(int, int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface*) const override { return -1; }
    QString text(QAccessible::Text kind) const override { return kind == QAccessible::Name ? m_gallery->spoken(m_index) : QString(); }
    void setText(QAccessible::Text, const QString&) override {}
    QRect rect() const override {
        const QRect card = m_gallery->cardRect(m_index);
        return {m_gallery->viewport()->mapToGlobal(card.topLeft()), card.size()};
    }
    QAccessible::Role role() const override { return QAccessible::ListItem; }
    QAccessible::State state() const override {
        QAccessible::State state;
        const Selection& selection = m_gallery->model().selection();
        state.selectable = state.multiSelectable = state.focusable = true;
        state.selected = selection.contains(m_index);
        state.focused = m_gallery->hasFocus() && selection.current() == m_index;
        const auto [first, behind] = m_gallery->shown();
        state.offscreen = m_index < first || m_index >= behind;
        return state;
    }
    void* interface_cast(QAccessible::InterfaceType type) override {
        return type == QAccessible::ActionInterface ? static_cast<QAccessibleActionInterface*>(this) : nullptr;
    }
    QStringList actionNames() const override { return {pressAction()}; }
    void doAction(const QString& name) override {
        if (name != pressAction()) return;
        m_gallery->model().select([this](Selection& s) { s.choose(m_index, false, false); });
        m_gallery->showIndex(m_index);
    }
    QStringList keyBindingsForAction(const QString&) const override { return {}; }

private:
    QPointer<TileGallery> m_gallery;
    int m_index;
};

class GalleryInterface : public QAccessibleWidget {
public:
    explicit GalleryInterface(TileGallery* gallery) : QAccessibleWidget(gallery, QAccessible::List) {}
    ~GalleryInterface() override {
        for (const auto& [index, id] : m_cards) QAccessible::deleteAccessibleInterface(id);
    }
    int childCount() const override { return gallery()->model().count(); }
    QAccessibleInterface* child(int index) const override {
        if (index < 0 || index >= childCount()) return nullptr;
        if (const auto known = m_cards.find(index); known != m_cards.end()) return QAccessible::accessibleInterface(known->second);
        auto* card = new CardInterface(gallery(), index); // made when asked for: there may be a hundred thousand
        m_cards[index] = QAccessible::registerAccessibleInterface(card);
        return card;
    }
    int indexOfChild(const QAccessibleInterface* wanted) const override {
        for (const auto& [index, id] : m_cards)
            if (QAccessible::accessibleInterface(id) == wanted) return index;
        return -1;
    }
    QAccessibleInterface* focusChild() const override { return child(gallery()->model().selection().current()); }

private:
    TileGallery* gallery() const { return static_cast<TileGallery*>(widget()); }
    mutable std::map<int, QAccessible::Id> m_cards;
};

} // namespace

void describeGalleryToReaders() {
    static const bool once = [] {
        QAccessible::installFactory([](const QString&, QObject* object) -> QAccessibleInterface* {
            auto* gallery = qobject_cast<TileGallery*>(object);
            return gallery ? new GalleryInterface(gallery) : nullptr;
        });
        return true;
    }();
    (void)once;
}

} // namespace phloxine::ui
