#include "ui/regions/RegionBench.h"

#include <algorithm>

#include <QCursor>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>

#include "core/base/keyed_hash.h"
#include "ui/bridge/ProjectBridge.h"
#include "ui/regions/LabelDialog.h"
#include "ui/regions/RegionPanel.h"
#include "ui/viewer/SlideView.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

RegionBench::RegionBench(SlideView& slide, QWidget* parent)
    : QObject(parent), m_slide(slide), m_parent(parent), m_panel(new RegionPanel(m_document, parent)), m_placed(new PlacedTiles(slide)),
      m_layer(new RegionLayer(slide, m_document)), m_work(2) {
    m_layer->raise(); // regions over tiles
    connect(&slide, &SlideView::opened, this, &RegionBench::takeSlide);
    connect(&slide, &SlideView::viewChanged, this, [this] {
        if (const Scale scale = m_slide.slideScale(); scale != m_scale) m_panel->setSlide(m_slide.hasSlide(), m_scale = scale);
    });
    connect(&m_keeper, &RegionKeeper::opened, this, &RegionBench::takeKept);
    connect(&m_keeper, &RegionKeeper::failed, this, [this](const QString& sentence) { m_panel->warn(sentence); });
    connect(&m_document, &RegionDocument::changed, this, [this] {
        if (!m_loading) m_keeper.keep(m_document.regions());
    });
    connect(m_placed, &PlacedTiles::changed, this,
            [this] { m_panel->setPlacedTiles(m_placed->count(), m_placed->shown(), m_placed->opacity()); });
    connectPanel();
    connectLayer();
    showLabels();
}

RegionBench::~RegionBench() { m_work.stopAll(); }

void RegionBench::connectPanel() {
    connect(m_panel, &RegionPanel::toolChosen, this, [this](RegionTool tool) {
        m_layer->setTool(tool);
        m_slide.setFocus(Qt::OtherFocusReason); // its keys act at once
    });
    connect(m_panel, &RegionPanel::classChosen, this, &RegionBench::setClass);
    connect(m_panel, &RegionPanel::newLabelRequested, this, &RegionBench::askLabel);
    connect(m_panel, &RegionPanel::brushChosen, m_layer, &RegionLayer::setBrushRadius);
    connect(m_panel, &RegionPanel::goToRegion, this, &RegionBench::goTo);
    connect(m_panel, &RegionPanel::tileBoxRequested, m_layer, &RegionLayer::addTileBox);
    connect(m_panel, &RegionPanel::tissueRequested, this, &RegionBench::takeTissue);
    connect(m_panel, &RegionPanel::importRequested, this, &RegionBench::askImport);
    connect(m_panel, &RegionPanel::exportRequested, this, &RegionBench::askExport);
    connect(m_panel, &RegionPanel::cutRequested, this, &RegionBench::askCut);
    connect(m_panel, &RegionPanel::initialRequested, this, &RegionBench::useAsInitial);
    connect(m_panel, &RegionPanel::replaceRequested, this, &RegionBench::replaceInside);
    connect(m_panel, &RegionPanel::draftRequested, this, &RegionBench::draftPrompt);
    connect(m_panel, &RegionPanel::tilesShown, m_placed, &PlacedTiles::setShown);
    connect(m_panel, &RegionPanel::tilesOpacity, m_placed, &PlacedTiles::setOpacity);
    connect(m_panel, &RegionPanel::tilesCleared, m_placed, &PlacedTiles::clear);
    connect(m_panel, &RegionPanel::stopRequested, this, [this] {
        if (m_stop) *m_stop = true;
        finished();
        say(Tone::Info, tr("Stopped. What was finished stays."));
    });
}

void RegionBench::connectLayer() {
    connect(m_layer, &RegionLayer::toolChanged, m_panel, &RegionPanel::setTool);
    connect(m_layer, &RegionLayer::edited, this, [this] { say(Tone::Info, {}); });
    connect(m_layer, &RegionLayer::said, this, [this](const QString& sentence) { say(Tone::Warn, sentence); });
    connect(m_layer, &RegionLayer::menuRequested, this, [this](QPoint at) { m_panel->menu()->popup(at); });
}

void RegionBench::setCard(const ModelCard& card) {
    m_card = card;
    m_labels.setCard(card);
    showLabels();
}

void RegionBench::setProject(ProjectBridge& project) {
    const auto take = [this, &project] {
        const QString folder = project.isOpen() ? project.folder() : QString();
        if (!m_keptIn.isEmpty() && folder != m_keptIn) { // what is kept in one project is not carried into another
            m_loading = true;
            m_document.begin(m_slide.hasSlide() ? m_slide.slideSize() : QSizeF());
            m_loading = false;
        }
        m_keptIn = project.isReadOnly() ? QString() : folder;
        m_keeper.setProject(folder, project.isReadOnly());
    };
    connect(&project, &ProjectBridge::opened, this, take);
    connect(&project, &ProjectBridge::openFailed, this, take);
    take();
}

bool RegionBench::hasSlide() const { return m_slide.hasSlide(); }

void RegionBench::say(Tone tone, const QString& sentence) { m_panel->say(tone, sentence); }

void RegionBench::takeSlide() {
    m_scale = m_slide.slideScale();
    m_loading = true;
    m_document.begin(m_slide.slideSize());
    m_loading = false;
    m_panel->setSlide(true, m_scale);
    m_placed->setSlide({});
    say(Tone::Info, {});
    m_keeper.open(m_slide.slidePath(), m_slide.slideSize());
}

void RegionBench::takeKept(const RegionList& kept, const std::vector<RegionLabel>& labels, const QStringList& notices) {
    m_placed->setSlide(keyedHash(m_keeper.secret(), "slide " + m_keeper.slideKey().toStdString()));
    for (const auto& label : labels) m_labels.add(label.name, label.colour);
    if (m_document.count() == 0 && !m_document.canUndo()) {
        m_loading = true;
        m_document.begin(m_slide.slideSize(), kept);
        m_loading = false;
    } else { // drawn before the slide was looked at, or kept in memory while another project was open
        RegionList more;
        for (const auto& region : kept)
            if (std::none_of(m_document.regions().begin(), m_document.regions().end(),
                             [&](const RegionPtr& own) { return own->region == region->region; }))
                more.push_back(region);
        m_document.addAll(more);
        m_keeper.keep(m_document.regions());
    }
    learnLabels(m_document.regions());
    showLabels();
    if (!notices.isEmpty()) m_panel->warn(notices.join(QLatin1Char(' ')));
}

// A class that only regions know becomes a label.
void RegionBench::learnLabels(const RegionList& regions) {
    for (const auto& region : regions)
        if (const QString id = fromUtf8(region->region.className); !id.isEmpty() && !m_labels.find(id)) {
            const QColor own(fromUtf8(region->region.colour));
            m_labels.add(id, own.isValid() ? own : m_labels.freshColour());
        }
}

void RegionBench::showLabels() {
    m_panel->setLabels(m_labels);
    m_layer->setLabels(m_labels);
}

void RegionBench::addLabel(const QString& name, const QColor& colour) {
    if (name.isEmpty()) return;
    m_labels.add(name, colour);
    showLabels();
    m_keeper.keepLabels(m_labels.own());
    setClass(name);
}

void RegionBench::setClass(const QString& id) {
    m_layer->setNewClass(id);
    const ShownRegion* chosen = m_document.chosenRegion();
    if (!chosen || fromUtf8(chosen->region.className) == id) return m_panel->setClass(id);
    Region region = chosen->region;
    region.className = id.toStdString();
    const RegionLabel* label = m_labels.find(id);
    region.colour = label ? label->colour.name().toUpper().toStdString() : std::string();
    m_document.replace(m_document.chosen(), std::move(region));
}

void RegionBench::goTo(int index) {
    const ShownRegion* region = m_document.at(index);
    if (!region) return;
    m_document.choose(index);
    m_slide.setCentre({(region->box.left + region->box.right) / 2, (region->box.top + region->box.bottom) / 2});
}

void RegionBench::askLabel() {
    auto* dialog = new LabelDialog(m_labels, m_parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] { addLabel(dialog->name(), dialog->colour()); });
    dialog->open();
}

void RegionBench::askImport() {
    auto* dialog = new QFileDialog(m_parent, tr("Import regions"), QFileInfo(m_slide.slidePath()).path());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({tr("Regions of QuPath or ASAP (*.geojson *.json *.xml)"), tr("All files (*)")});
    connect(dialog, &QFileDialog::fileSelected, this, &RegionBench::importFrom);
    dialog->open();
}

void RegionBench::askExport() {
    auto* dialog = new QFileDialog(m_parent, tr("Export regions"), QFileInfo(m_slide.slidePath()).path());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters({tr("GeoJSON, for QuPath (*.geojson)"), tr("XML, for ASAP (*.xml)")});
    dialog->setDefaultSuffix(QStringLiteral("geojson"));
    connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString& filter) {
        dialog->setDefaultSuffix(filter.contains(QLatin1String("*.xml")) ? QStringLiteral("xml") : QStringLiteral("geojson"));
    });
    dialog->selectFile(QFileInfo(m_slide.slidePath()).completeBaseName());
    connect(dialog, &QFileDialog::fileSelected, this, &RegionBench::exportTo);
    dialog->open();
}

void RegionBench::askCut() {
    if (!m_slide.slideScale().known())
        return say(
            Tone::Err,
            tr("This slide states no scale, so tiles cannot be cut at the model's. Set it with Set \u00b5m/px\u2026 in the slide panel."));
    if (!m_card.scale.known())
        return say(Tone::Err, tr("The model states no scale, so tiles cannot be cut at it. Choose a model with a scale."));
    const auto& regions = m_document.regions();
    const auto classless = std::count_if(regions.begin(), regions.end(), [](const RegionPtr& r) { return r->region.className.empty(); });
    auto* dialog = new CutDialog(m_card.tileSizePx, m_card.scale.micronsPerPixel, m_document.count(), int(classless),
                                 QDir(m_folder ? m_folder() : QDir::homePath()).absoluteFilePath(QStringLiteral("../cut-tiles")), m_parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] { cut(dialog->wish()); });
    dialog->open();
}

} // namespace phloxine::ui
