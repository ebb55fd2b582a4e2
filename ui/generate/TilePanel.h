#pragma once
// The record of how the shown tile was made.
#include <optional>

#include <QWidget>

#include "ui/bridge/TileRecord.h"
#include "ui/generate/ModelCards.h"

class QLabel;
class QPushButton;
class QToolButton;

namespace phloxine::ui {

class ClassSwatch;
class IconLabel;

class TilePanel : public QWidget {
    Q_OBJECT
public:
    explicit TilePanel(QWidget* parent = nullptr);
    void setTitle(const QString& title);
    void setCards(SharedCards cards) { m_cards = std::move(cards); }
    void showTile(const TileRecord* tile); // null: none
    // The nearest training tile, or why it cannot be shown. A null picture and no sentence: it can be asked for.
    void setNearestPicture(const QImage& picture, const QString& name, const QString& problem = {});
    // Why "Find real tissue like this" is not to be had; empty: it is.
    void setWhyNotFind(const QString& reason);

Q_SIGNALS:
    void useSeed(quint64 seed);
    void useAll(const phloxine::GenerateRequest& request);
    void remix(const phloxine::GenerateRequest& request); // all but the seed
    void nearestPictureRequested();                       // from a folder that the user names
    void findTissue();                                    // real tissue like this tile

private:
    void copyRecord() const;
    void showNearest();

    SharedCards m_cards = std::make_shared<ModelCards>();
    std::optional<TileRecord> m_tile;
    QWidget* m_facts;
    QLabel *m_head, *m_none, *m_conditionHead, *m_name, *m_seed, *m_sampling, *m_seconds, *m_file, *m_start;
    IconLabel* m_nearestMark;
    QLabel *m_nearest, *m_nearestPicture, *m_nearestName;
    QPushButton* m_showNearest;
    QPushButton* m_find;
    ClassSwatch* m_swatch;
    QToolButton* m_copy;
};

} // namespace phloxine::ui
