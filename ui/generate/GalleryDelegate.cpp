#include "ui/generate/GalleryDelegate.h"

#include <QPainter>

#include "ui/generate/GalleryModel.h"
#include "ui/generate/words.h"
#include "ui/viewer/overlay_painting.h"
#include "ui/widgets/ClassSwatch.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {

namespace {
constexpr int cardWidth = 112, cardHeight = 152, cardGap = 8, pad = 5, pictureSide = 102, lineHeight = 20;
} // namespace

QSize GalleryDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const { return {cardWidth + cardGap, cardHeight}; }

void GalleryDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const auto* model = static_cast<const GalleryModel*>(index.model());
    const GalleryCard card = model->card(index.row());
    const bool selected = option.state & QStyle::State_Selected;
    const QRect frame(option.rect.left(), option.rect.top(), cardWidth, cardHeight);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(selected ? theme().accent : theme().line, selected ? 2 : 1));
    painter->setBrush(selected ? theme().soft : theme().surface);
    painter->drawRoundedRect(QRectF(frame).adjusted(1, 1, -1, -1), 4, 4);
    painter->setRenderHint(QPainter::Antialiasing, false);
    paintPicture(*painter, QRect(frame.left() + pad, frame.top() + pad, pictureSide, pictureSide), card);

    const QRect line(frame.left() + pad + 2, frame.top() + pad + pictureSide + 4, pictureSide - 4, lineHeight);
    const Subject subject = subjectOf(card.request, m_cards->of(card.request));
    QFont font = option.font;
    font.setPixelSize(12);
    painter->setFont(font);
    const bool text = card.request.classId.empty();
    if (!text) paintClassSwatch(*painter, QRect(line.left(), line.top() + 2, 26, 16), subject.code, subject.colour);
    painter->setPen(theme().text2);
    if (text) painter->drawText(line, Qt::AlignLeft | Qt::AlignVCenter, subject.code);
    painter->drawText(line, Qt::AlignRight | Qt::AlignVCenter, seedEnding(card.seed));
    paintState(*painter, line.translated(0, lineHeight), card);
    painter->restore();
}

void GalleryDelegate::paintPicture(QPainter& painter, const QRect& rect, const GalleryCard& card) const {
    if (card.picture.isNull()) { // the frame of what will be there
        painter.setPen(QPen(theme().text3, 1, Qt::DashLine));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect.adjusted(2, 2, -3, -3));
        const char* name = card.state == CardState::Forming ? "hourglass" : "clock";
        const QPixmap mark = iconPixmap(QString::fromLatin1(name), 18, theme().text2, painter.device()->devicePixelRatio());
        painter.drawPixmap(rect.center() - QPoint(8, 8), mark);
        return;
    }
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.drawImage(rect, card.picture);
    painter.setBrush(Qt::NoBrush); // dashes of two colours: visible on any tissue
    painter.setPen(QPen(Qt::white, 1));
    painter.drawRect(rect.adjusted(0, 0, -1, -1));
    painter.setPen(QPen(lightTheme().accent, 1, Qt::DashLine));
    painter.drawRect(rect.adjusted(0, 0, -1, -1));
}

void GalleryDelegate::paintState(QPainter& painter, const QRect& line, const GalleryCard& card) const {
    painter.setPen(theme().text2);
    QFont font = painter.font();
    font.setPixelSize(11);
    painter.setFont(font);
    if (card.state != CardState::Forming) {
        const bool checked = card.nearest && card.nearest->checked();
        if (checked && card.nearest->nearCopy()) return paintNearCopy(painter, line, card.nearest->distance);
        const QString word = card.state == CardState::Waiting ? tr("Waiting")
                             : !card.saved                    ? tr("Not saved")
                             : checked                        ? tr("Nearest")
                                                              : tr("Saved");
        painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, word);
        if (checked) painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, distanceText(card.nearest->distance));
        return;
    }
    painter.setPen(theme().text);
    painter.drawText(line.adjusted(0, -3, 0, -3), Qt::AlignLeft | Qt::AlignVCenter,
                     card.steps ? tr("Step %1 of %2").arg(card.step).arg(card.steps) : tr("Starting"));
    const QRect bar(line.left(), line.bottom() - 4, line.width(), 3);
    painter.fillRect(bar, theme().track);
    if (card.steps) painter.fillRect(QRect(bar.left(), bar.top(), bar.width() * card.step / card.steps, bar.height()), theme().accent);
}

void GalleryDelegate::paintNearCopy(QPainter& painter, const QRect& line, double distance) const {
    constexpr int mark = 14;
    painter.drawPixmap(line.left(), line.center().y() - mark / 2 + 1,
                       iconPixmap(QStringLiteral("alert-triangle"), mark, theme().warn, painter.device()->devicePixelRatio()));
    painter.setPen(theme().warn);
    painter.drawText(line.adjusted(mark + 4, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, tr("Near copy %1").arg(distanceText(distance)));
}

} // namespace phloxine::ui
