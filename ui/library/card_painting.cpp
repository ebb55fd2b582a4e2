#include "ui/library/card_painting.h"

#include <algorithm>

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QPainter>

#include "ui/generate/words.h"
#include "ui/viewer/overlay_painting.h"
#include "ui/widgets/ClassSwatch.h"
#include "ui/widgets/Icon.h"
#include "ui/widgets/Theme.h"

namespace phloxine::ui {

namespace {

constexpr int pad = 5, lineHeight = 20, chipHeight = 20, markSide = 22;

struct CardWords {
    Q_DECLARE_TR_FUNCTIONS(phloxine::ui::LibraryPage)
};

GenerateRequest asRequest(const LibraryTile& tile) {
    GenerateRequest request;
    request.model = tile.model, request.classId = tile.classId, request.prompt = tile.prompt;
    return request;
}

void paintMark(QPainter& painter, const QRect& box, const char* name, const QColor& color) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(255, 255, 255, 224));
    painter.drawRoundedRect(box, 3, 3);
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.drawPixmap(box.topLeft() + QPoint(3, 3),
                       iconPixmap(QString::fromLatin1(name), 16, color, painter.device()->devicePixelRatio()));
}

void paintPicture(QPainter& painter, const QRect& box, const TileCard& card) {
    if (card.picture.isNull()) {
        painter.fillRect(box, theme().hover);
        if (card.unreadable || (card.tile && card.tile->missing))
            painter.drawPixmap(box.center() - QPoint(9, 9),
                               iconPixmap(QStringLiteral("alert-triangle"), 20, theme().warn, painter.device()->devicePixelRatio()));
        return;
    }
    QRect place = box;
    if (card.exact) { // drawn as it is: it has the size of the box in device pixels
        const QSizeF size = QSizeF(card.picture.size()) / painter.device()->devicePixelRatio();
        if (size.width() < box.width() - 1 || size.height() < box.height() - 1) {
            painter.fillRect(box, theme().hover);
            place = QRect(box.left() + int(box.width() - size.width()) / 2, box.top() + int(box.height() - size.height()) / 2,
                          int(size.width()), int(size.height()));
        }
    }
    painter.setRenderHint(QPainter::SmoothPixmapTransform, !card.exact);
    painter.drawImage(place, card.picture);
    painter.setBrush(Qt::NoBrush); // dashes of two colours: visible on any tissue
    painter.setPen(QPen(Qt::white, 1));
    painter.drawRect(place.adjusted(0, 0, -1, -1));
    painter.setPen(QPen(lightTheme().accent, 1, Qt::DashLine));
    painter.drawRect(place.adjusted(0, 0, -1, -1));
}

void paintTag(QPainter& painter, const QRect& picture, const LibraryTile& tile) {
    if (tile.tags.empty()) return;
    QString word = tagWord(tile.tags.front());
    if (tile.tags.size() > 1) word = CardWords::tr("%1 +%2", "first tag, how many more").arg(word).arg(tile.tags.size() - 1);
    word = painter.fontMetrics().elidedText(word, Qt::ElideRight, picture.width() - 24);
    const QRect chip(picture.left() + 5, picture.bottom() - 4 - chipHeight, painter.fontMetrics().horizontalAdvance(word) + 12, chipHeight);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(0x1b, 0x1b, 0x1b, 224));
    painter.drawRoundedRect(chip, 3, 3);
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(Qt::white);
    painter.drawText(chip, Qt::AlignCenter, word);
}

void paintNearest(QPainter& painter, const QRect& line, const TileCard& card) {
    const LibraryTile& tile = *card.tile;
    if (tile.missing) {
        painter.setPen(theme().warn);
        return painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, CardWords::tr("File not found"));
    }
    if (!tile.nearest) {
        painter.setPen(theme().text2);
        const QString made = QLocale().toString(QDateTime::fromMSecsSinceEpoch(tile.madeMs).date(), QLocale::ShortFormat);
        return painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, made);
    }
    if (card.nearLimit && *tile.nearest < *card.nearLimit) {
        painter.fillRect(line.adjusted(-3, 1, 3, 0), theme().warnBg);
        painter.drawPixmap(line.left(), line.top() + 3,
                           iconPixmap(QStringLiteral("alert-triangle"), 14, theme().warn, painter.device()->devicePixelRatio()));
        painter.setPen(theme().warn);
        return painter.drawText(line.adjusted(18, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter,
                                CardWords::tr("Near copy %1").arg(distanceText(*tile.nearest)));
    }
    painter.setPen(theme().text2);
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, CardWords::tr("Nearest"));
    painter.setPen(theme().text);
    painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, distanceText(*tile.nearest));
}

} // namespace

const std::vector<std::string>& artefactTags() {
    static const std::vector<std::string> tags{"blur", "nuclei", "stain", "seam"};
    return tags;
}

QString tagWord(const std::string& tag) {
    if (tag == "blur") return CardWords::tr("Blur");
    if (tag == "nuclei") return CardWords::tr("Nuclei");
    if (tag == "stain") return CardWords::tr("Stain");
    if (tag == "seam") return CardWords::tr("Seam");
    return fromUtf8(tag);
}

void paintTileCard(QPainter& painter, const QRect& area, const TileCard& card, const ModelCards& cards, const QFont& font) {
    const Theme& t = theme();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(card.selected ? t.accent : t.line, card.selected ? 2 : 1));
    painter.setBrush(card.selected ? t.soft : card.hover ? t.hover : t.surface);
    painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 4, 4);
    if (card.current && card.focus) {
        painter.setPen(QPen(t.text, 1, Qt::DotLine));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(area).adjusted(3, 3, -3, -3), 3, 3);
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
    const QRect picture(area.left() + pad, area.top() + pad, cardPictureSide, cardPictureSide);
    paintPicture(painter, picture, card);
    if (!card.tile) return;
    const LibraryTile& tile = *card.tile;
    QFont small = font;
    small.setPixelSize(12);
    painter.setFont(small);
    paintTag(painter, picture, tile);
    int x = picture.right() - markSide - 2;
    if (tile.star) paintMark(painter, {x, picture.top() + 4, markSide, markSide}, "star-filled", lightTheme().warn), x -= markSide + 4;
    if (tile.rejected) paintMark(painter, {x, picture.top() + 4, markSide, markSide}, "ban", lightTheme().err);

    const QRect line(picture.left() + 2, picture.bottom() + 4, picture.width() - 4, lineHeight);
    const GenerateRequest request = asRequest(tile);
    const Subject subject = subjectOf(request, cards.of(request));
    painter.setPen(t.text2);
    if (request.classId.empty()) painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, subject.code);
    else paintClassSwatch(painter, QRect(line.left(), line.top() + 2, 26, 16), subject.code, subject.colour);
    painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, seedEnding(tile.seed));
    small.setPixelSize(11);
    painter.setFont(small);
    paintNearest(painter, line.translated(0, lineHeight + 1), card);
}

QString spokenCard(const LibraryTile& tile, const ModelCards& cards, std::optional<double> nearLimit) {
    const GenerateRequest request = asRequest(tile);
    QStringList parts{CardWords::tr("Synthetic tile"), subjectOf(request, cards.of(request)).name, CardWords::tr("seed %1").arg(tile.seed)};
    if (tile.star) parts << CardWords::tr("starred");
    if (tile.rejected) parts << CardWords::tr("rejected");
    for (const auto& tag : tile.tags) parts << tagWord(tag);
    if (tile.missing) parts << CardWords::tr("file not found");
    if (tile.nearest) {
        parts << CardWords::tr("nearest %1").arg(distanceText(*tile.nearest));
        if (nearLimit) parts << (*tile.nearest < *nearLimit ? CardWords::tr("near copy") : CardWords::tr("not a copy"));
    }
    return parts.join(QStringLiteral(", "));
}

} // namespace phloxine::ui
