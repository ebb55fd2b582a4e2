// What RegionBench does on other threads: files of regions, tissue, tiles cut, real pixels, prompts.
#include <algorithm>
#include <cmath>

#include <QDir>
#include <QFileInfo>
#include <QLocale>
#include <QTemporaryDir>

#include "core/base/Error.h"
#include "core/image/ImageFile.h"
#include "core/region/region_files.h"
#include "core/region/shapes.h"
#include "core/region/tissue_region.h"
#include "ui/bridge/error_text.h"
#include "ui/regions/RegionBench.h"
#include "ui/regions/RegionPanel.h"
#include "ui/viewer/SlideReader.h"
#include "ui/viewer/SlideView.h"
#include "ui/viewer/TilePyramid.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {

struct Imported {
    RegionList regions;
    int outside = 0, crossing = 0, empty = 0;
    std::vector<std::string> notices;
};

Imported readFile(const std::filesystem::path& file, QSizeF size) {
    Imported imported;
    auto read = readRegions(file);
    imported.notices = std::move(read.notices);
    for (auto& region : read.regions) {
        const bool crosses =
            std::any_of(region.polygons.begin(), region.polygons.end(), [](const Polygon& p) { return crossesItself(p.outer); });
        if (!(areaPx(region.polygons) >= leastAreaPx)) {
            ++imported.empty;
            continue;
        }
        auto shown = shownRegion(std::move(region), size);
        imported.crossing += crosses, imported.outside += shown->outside;
        imported.regions.push_back(std::move(shown));
    }
    return imported;
}

// What core/annotate's captionMeasures() gives, with its unit.
QString measuredText(const Attribute& attribute, double value) {
    const QLocale locale;
    const QString number = locale.toString(value, 'f', 0), id = QLatin1String(attribute.id);
    if (id == QLatin1String("nuclear-density")) return RegionBench::tr("%1 nuclear spots in 100 \u00d7 100 px").arg(number);
    if (id == QLatin1String("stain-strength")) return RegionBench::tr("stain strength %1 of 100").arg(number);
    if (id == QLatin1String("tone")) return RegionBench::tr("hue %1\u00b0 (purple low, pink high)").arg(number);
    if (id == QLatin1String("lumen")) return RegionBench::tr("%1\u00a0% white space").arg(locale.toString(100 * value, 'f', 0));
    return RegionBench::tr("%1 %2", "attribute, value").arg(fromUtf8(attribute.title), locale.toString(value, 'g', 3));
}

} // namespace

bool RegionBench::startable() {
    if (!m_slide.hasSlide()) return false;
    if (m_stop) say(Tone::Info, tr("Something else is still being done with this slide. Wait for it, or stop it."));
    return !m_stop;
}

void RegionBench::finished() {
    m_stop.reset();
    m_panel->setWork({}, -1);
}

void RegionBench::fail(const Failure& failure) {
    finished();
    say(Tone::Err, failure.message.isEmpty() ? errorText(failure.code).heading : failure.message);
}

ProgressHook RegionBench::progressTo(const Background::Stop& stop) {
    return m_work.progressHook(stop, [this](const Progress& progress) { m_panel->setWork(fromUtf8(progress.stage), progress.fraction); });
}

std::function<std::unique_ptr<SlideSource>()> RegionBench::slideOpener() const {
    const Scale scale = m_slide.slideScale();
    return [path = m_slide.slidePath(), scale] {
        auto slide = openSource(path);
        if (scale.source == ScaleSource::User && scale.known()) slide = withScale(std::move(slide), scale);
        return slide;
    };
}

SlideBox RegionBench::chosenBox() const {
    if (const ShownRegion* chosen = m_document.chosenRegion()) return chosen->box;
    const QRectF box = m_slide.tileFrameLevel0();
    return {box.left(), box.top(), box.right(), box.bottom()};
}

std::vector<Polygon> RegionBench::chosenPolygons() const {
    const ShownRegion* chosen = m_document.chosenRegion();
    return chosen ? chosen->region.polygons : std::vector<Polygon>();
}

void RegionBench::importFrom(const QString& file) {
    if (!startable()) return;
    m_panel->setWork(tr("Reading regions"), 0);
    m_stop = m_work.run(
        [path = std::filesystem::path(file.toStdString()), size = m_slide.slideSize()](const Background::Stop&) {
            return readFile(path, size);
        },
        [this](Imported& imported) {
            finished();
            const int count = int(imported.regions.size());
            learnLabels(imported.regions);
            m_document.addAll(imported.regions);
            showLabels();
            QStringList sentences{count == 1 ? tr("1 region was imported.") : tr("%n regions were imported.", nullptr, count)};
            const auto add = [&](int n, const QString& one, const QString& many) {
                if (n > 0) sentences.append(n == 1 ? one : many.arg(n));
            };
            add(imported.outside, tr("1 lies off this slide: the file may belong to another slide or be of another scale. It is kept."),
                tr("%1 lie off this slide: the file may belong to another slide or be of another scale. They are kept."));
            add(imported.crossing, tr("1 crosses itself; what it winds round twice counts as outside."),
                tr("%1 cross themselves; what they wind round twice counts as outside."));
            add(imported.empty, tr("1 holds no area and was left out."), tr("%1 hold no area and were left out."));
            for (const auto& notice : imported.notices) sentences.append(fromUtf8(notice));
            say(sentences.size() > 1 ? Tone::Warn : Tone::Ok, sentences.join(QLatin1Char(' ')));
        },
        [this](const Failure& failure) { fail(failure); });
}

void RegionBench::exportTo(const QString& file) {
    if (!startable() || m_document.count() == 0) return;
    const bool asap = file.endsWith(QLatin1String(".xml"), Qt::CaseInsensitive);
    m_panel->setWork(tr("Writing regions"), 0);
    m_stop = m_work.run(
        [path = std::filesystem::path(file.toStdString()), asap, regions = m_document.regions()](const Background::Stop&) {
            std::vector<Region> values;
            for (const auto& region : regions) values.push_back(region->region);
            writeRegions(path, values, asap ? RegionFormat::AsapXml : RegionFormat::GeoJson, IfExists::Replace);
            return int(values.size());
        },
        [this, name = QFileInfo(file).fileName()](int count) {
            finished();
            say(Tone::Ok,
                count == 1 ? tr("1 region was written to %1.").arg(name) : tr("%n regions were written to %1.", nullptr, count).arg(name));
        },
        [this](const Failure& failure) { fail(failure); });
}

void RegionBench::takeTissue() {
    if (!startable()) return;
    if (m_slide.overview().isNull()) return say(Tone::Info, tr("The overview of this slide is still being read. Try again in a moment."));
    m_panel->setWork(tr("Looking for tissue"), 0);
    m_stop = m_work.run(
        [picture = m_slide.overview(), size = m_slide.slideSize()](const Background::Stop&) {
            return tissuePolygons(toImage(picture), size.width(), size.height());
        },
        [this](std::vector<Polygon>& tissue) {
            finished();
            if (tissue.empty()) return say(Tone::Warn, tr("No tissue was found on this slide."));
            Region region;
            region.name = tr("Tissue").toStdString();
            region.className = m_panel->chosenClass().toStdString();
            if (const RegionLabel* label = m_labels.find(m_panel->chosenClass()))
                region.colour = label->colour.name().toUpper().toStdString();
            region.polygons = std::move(tissue);
            m_document.add(std::move(region));
            say(Tone::Ok, tr("The tissue of this slide is a region now. It was found on the overview: its border is as coarse as that."));
        },
        [this](const Failure& failure) { fail(failure); });
}

QString RegionBench::cutSentence(const CutResult& result, const QString& folder) const {
    const QLocale locale;
    const int tiles = result.written + result.kept;
    QStringList parts;
    for (const auto& [name, count] : result.classes) {
        const RegionLabel* label = m_labels.find(fromUtf8(name));
        parts.append(tr("%1 %2", "number of tiles, class").arg(locale.toString(count), label ? label->name : fromUtf8(name)));
    }
    QStringList sentences{(tiles == 1 ? tr("1 tile lies in %1: %2.") : tr("%n tiles lie in %1: %2.", nullptr, tiles))
                              .arg(QDir::toNativeSeparators(folder), parts.join(QStringLiteral("; ")))};
    QStringList left;
    const auto add = [&](std::int64_t n, const QString& words) {
        if (n > 0) left.append(words.arg(locale.toString(qlonglong(n))));
    };
    add(result.leftOut.outsideRegions, tr("%1 not far enough inside regions"));
    add(result.leftOut.twoClasses, tr("%1 in regions of two classes"));
    add(result.leftOut.littleTissue, tr("%1 with too little tissue"));
    add(result.leftOut.unreadable, tr("%1 that cannot be read"));
    if (!left.isEmpty()) sentences.append(tr("Places left out: %1.").arg(left.join(QStringLiteral(", "))));
    for (const auto& notice : result.notices) sentences.append(fromUtf8(notice));
    return sentences.join(QLatin1Char(' '));
}

void RegionBench::cut(const CutWish& wish) {
    if (!startable() || m_document.count() == 0) return;
    const Scale scale = m_slide.slideScale();
    if (!scale.known())
        return say(
            Tone::Err,
            tr("This slide states no scale, so tiles cannot be cut at the model's. Set it with Set \u00b5m/px\u2026 in the slide panel."));
    m_panel->setWork(tr("Cutting tiles"), 0);
    CutRequest request = wish.request;
    if (scale.source == ScaleSource::User) request.assumedMicronsPerPixel = scale.micronsPerPixel;
    const std::filesystem::path slide = m_slide.slidePath().toStdString(), out = wish.folder.toStdString();
    m_stop = m_work.run(
        [slide, out, request, scale, this, regions = m_document.regions()](const Background::Stop& stop) {
            if (const Scale stated = openSlide(slide)->info().scale;
                stated.known() && scale.source == ScaleSource::User && std::abs(stated.micronsPerPixel / scale.micronsPerPixel - 1) > 1e-3)
                throw Error(ErrorCode::WrongUse,
                            "The slide states " + std::to_string(stated.micronsPerPixel) +
                                " \u00b5m per pixel, and tiles are cut at what it states; take your own scale back with "
                                "Set \u00b5m/px\u2026 (0) to cut.");
            const QTemporaryDir folder;
            if (!folder.isValid()) throw Error(ErrorCode::DiskFull, "The folder for temporary files cannot be written; free some space.");
            const std::filesystem::path file = std::filesystem::path(folder.path().toStdString()) / "regions.geojson";
            std::vector<Region> values;
            for (const auto& region : regions) values.push_back(region->region);
            writeRegions(file, values, RegionFormat::GeoJson);
            SlideSearch search;
            search.slides.push_back({slide, file});
            return cutTiles(search, request, out, progressTo(stop));
        },
        [this, folder = wish.folder](CutResult& result) {
            finished();
            say(result.faults.empty() ? Tone::Ok : Tone::Warn, cutSentence(result, folder));
            Q_EMIT cutDone(folder, result.written + result.kept);
        },
        [this](const Failure& failure) { fail(failure); });
}

void RegionBench::takePixels(bool replace) {
    if (!startable()) return;
    if (replace && !m_document.chosenRegion()) return say(Tone::Info, tr("Choose the region whose inside is to be replaced."));
    if (m_keeper.slideKey().isEmpty() || !m_folder)
        return say(Tone::Info, tr("This slide is still being looked at. Try again in a moment."));
    RealPixelsWish wish;
    wish.box = chosenBox();
    if (replace) wish.replace = chosenPolygons();
    wish.tilePx = m_card.tileSizePx, wish.micronsPerPixel = m_card.scale.micronsPerPixel;
    wish.slideKey = m_keeper.slideKey().toStdString(), wish.key = m_keeper.secret();
    wish.patient = groupOf(QFileInfo(m_slide.slidePath()).fileName().toStdString(), {});
    m_panel->setWork(tr("Reading the pixels"), 0);
    m_stop = m_work.run(
        [wish, open = slideOpener(), folder = std::filesystem::path(m_folder().toStdString())](const Background::Stop&) {
            StartingPixels pixels;
            const auto slide = open();
            pixels.files = takeRealPixels(*slide, wish, folder);
            pixels.picture = toQImage(readImage(pixels.files.image));
            if (!pixels.files.mask.empty()) pixels.mask = toQImage(readImage(pixels.files.mask));
            pixels.micronsPerPixel = wish.micronsPerPixel;
            return pixels;
        },
        [this](StartingPixels& pixels) {
            finished();
            say(Tone::Info, {});
            Q_EMIT pixelsTaken(pixels);
        },
        [this](const Failure& failure) { fail(failure); });
}

void RegionBench::draftPrompt() {
    if (!startable()) return;
    if (std::find(m_card.conditions.begin(), m_card.conditions.end(), "text") == m_card.conditions.end())
        return say(Tone::Err, tr("This model is not guided by text, so a prompt would change nothing. Choose a model that reads text."));
    DraftWish wish;
    wish.box = chosenBox(), wish.region = chosenPolygons();
    wish.tilePx = m_card.tileSizePx, wish.micronsPerPixel = m_card.scale.micronsPerPixel, wish.maxTokens = m_card.maxTokens;
    wish.vocabulary = m_card.promptVocabulary;
    if (const ShownRegion* chosen = m_document.chosenRegion()) {
        const TissueClass* known = m_card.findClass(chosen->region.className);
        wish.className = known ? (known->prompt.empty() ? known->label : known->prompt) : chosen->region.className;
    }
    m_panel->setWork(tr("Measuring the tissue"), 0);
    m_stop = m_work.run(
        [wish, open = slideOpener()](const Background::Stop& stop) {
            const auto slide = open();
            return phloxine::draftPrompt(*slide, wish, [&] { Background::throwIfStopped(stop); });
        },
        [this](TissueDraft& draft) {
            finished();
            QStringList measured;
            for (std::size_t k = 0; k < draft.measured.size(); ++k) measured.append(measuredText(attributes()[k], draft.measured[k]));
            say(Tone::Info, tr("Measured: %1. Low, medium and high compare it with %n places of this slide.", nullptr, draft.compared)
                                .arg(measured.join(QStringLiteral(", "))));
            Q_EMIT promptDrafted(fromUtf8(draft.prompt.text));
        },
        [this](const Failure& failure) { fail(failure); });
}

void RegionBench::placeResult(const QImage& tile, const GenerateRequest& request) {
    if (!request.source.slide.empty()) m_placed->add(tile, request.source);
}

} // namespace phloxine::ui
