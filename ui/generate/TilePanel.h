#pragma once
// The record of how the shown tile was made.
#include <optional>

#include <QWidget>

#include "ui/bridge/TileRecord.h"
#include "ui/generate/ModelCards.h"

class QLabel;
class QPushButton;

namespace phloxine::ui {

class ClassSwatch;

class TilePanel : public QWidget {
    Q_OBJECT
public:
    explicit TilePanel(QWidget* parent = nullptr);
    void setCards(SharedCards cards) { m_cards = std::move(cards); }
    void showTile(const TileRecord* tile); // null: none

Q_SIGNALS:
    void useSeed(quint64 seed);
    void useAll(const phloxine::GenerateRequest& request);

private:
    void copyRecord() const;

    SharedCards m_cards = std::make_shared<ModelCards>();
    std::optional<TileRecord> m_tile;
    QWidget* m_facts;
    QLabel *m_none, *m_conditionHead, *m_name, *m_seed, *m_sampling, *m_seconds, *m_file;
    ClassSwatch* m_swatch;
};

} // namespace phloxine::ui
