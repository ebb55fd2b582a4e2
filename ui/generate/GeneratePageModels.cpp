// The part of GeneratePage that knows which models there are and which of them makes the tiles.
#include <algorithm>

#include <QCoreApplication>
#include <QPointer>
#include <QThreadPool>
#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "ui/generate/ConditionPanel.h"
#include "ui/generate/GalleryStrip.h"
#include "ui/generate/GeneratePage.h"
#include "ui/generate/ImagePair.h"
#include "ui/generate/ModelPanel.h"
#include "ui/generate/PresetButton.h"
#include "ui/generate/QueuePanel.h"
#include "ui/generate/SamplingPanel.h"
#include "ui/generate/TilePanel.h"
#include "ui/generate/words.h"
#include "ui/regions/StartingPixelsPanel.h"

namespace phloxine::ui {

void GeneratePage::refreshModels() {
    m_models = m_store->list();
    auto cards = std::make_shared<ModelCards>(*m_cards);
    for (const ModelEntry& entry : m_models) cards->add(entry);
    m_cards = std::move(cards);
    const auto sameAsNow = [this](const ModelEntry& entry) { return entry.path == m_entry.path; };
    const auto now = std::find_if(m_models.begin(), m_models.end(), sameAsNow);
    if (m_models.empty()) return showNoModel();
    if (now == m_models.end()) takeModel(m_models.front());
    else {
        m_model->setModels(m_models, m_entry.path);
        if (toJson(now->card) != toJson(m_entry.card)) takeCard(now->card);
        shareCards();
    }
}

// The chosen model is called otherwise now; what is set up for it stays.
void GeneratePage::takeCard(const ModelCard& card) {
    m_entry.card = card;
    auto cards = std::make_shared<ModelCards>(*m_cards);
    cards->setCurrent(card);
    m_cards = std::move(cards);
    const QStringList chosen = m_condition->selectedClasses();
    const auto kind = m_condition->kind();
    m_model->setCard(card);
    m_condition->setCard(card);
    if (!chosen.isEmpty()) m_condition->selectClass(chosen.front());
    m_condition->setKind(kind);
    m_images->setCard(card);
    m_regions->setCard(card);
}

// The window lives on without a model.
void GeneratePage::showNoModel() {
    m_entry = {};
    try {
        (void)m_store->find({});
    } catch (const std::exception& e) { m_modelProblem = fromUtf8(e.what()); }
    m_model->setMissing(m_modelProblem);
    m_condition->setEnabled(false);
    m_sampling->setEnabled(false);
    showFoot();
}

bool GeneratePage::useModel(const QString& path) {
    const auto named = [&] {
        return std::find_if(m_models.begin(), m_models.end(),
                            [&](const ModelEntry& entry) { return fromUtf8(entry.path.string()) == path; });
    };
    if (named() == m_models.end()) refreshModels();
    const auto found = named();
    if (found == m_models.end()) return false;
    if (found->path != m_entry.path) takeModel(*found);
    return true;
}

void GeneratePage::takeModel(const ModelEntry& entry) {
    m_entry = entry;
    m_modelProblem.clear();
    auto cards = std::make_shared<ModelCards>(*m_cards);
    cards->setCurrent(entry.card);
    m_cards = std::move(cards);
    m_condition->setEnabled(true);
    m_sampling->setEnabled(true);
    m_model->setModels(m_models, entry.path);
    m_model->setCard(entry.card);
    m_condition->setCard(entry.card);
    m_sampling->setCard(entry.card);
    m_images->setCard(entry.card);
    m_regions->setCard(entry.card);
    if (!m_startingPixels->setModel(entry.card.tileSizePx, entry.card.scale.micronsPerPixel))
        m_images->showNotice(tr("The real pixels were read at the scale of another model, so the next tiles start from noise alone."));
    shareCards();
    learnSize(entry);
    showFoot();
}

// Files are read on another thread; until then the foot says no memory.
void GeneratePage::learnSize(const ModelEntry& entry) {
    if (m_sizes.count(entry.path.string())) return;
    QThreadPool::globalInstance()->start([page = QPointer<GeneratePage>(this), path = entry.path] {
        const auto size = sizeOfModel(path);
        QMetaObject::invokeMethod(
            qApp,
            [page, path, size] {
                if (!page) return;
                page->m_sizes[path.string()] = size;
                page->showFoot();
            },
            Qt::QueuedConnection);
    });
}

void GeneratePage::shareCards() {
    m_images->setCards(m_cards);
    m_gallery->setCards(m_cards);
    m_tilePanel->setCards(m_cards);
    m_queue->setCards(m_cards);
    Q_EMIT cardsChanged();
}

// The seed stays. A preset of another model may ask for what this one cannot be guided by: then it is the sampling alone.
void GeneratePage::usePreset(const Preset& preset) {
    GenerateRequest request = preset.request;
    request.seed = m_sampling->seed();
    m_sampling->readFrom(request);
    if (request.count > 0) m_sampling->setTiles(request.count);
    if (!preset.withCondition) return;
    const auto& conditions = m_entry.card.conditions;
    const bool text = request.classId.empty() && !request.prompt.empty();
    if (text && std::count(conditions.begin(), conditions.end(), "text"))
        m_condition->setPrompt(fromUtf8(request.prompt), fromUtf8(request.negative));
    else if (!request.classId.empty() && m_entry.card.findClass(request.classId)) m_condition->selectClass(fromUtf8(request.classId));
    else if (text || !request.classId.empty())
        m_images->showNotice(tr("This model does not know what the preset asks for, so only its sampling was set."));
}

// The model of a tile that was made earlier, when it is still on this machine.
void GeneratePage::useModelOf(const GenerateRequest& request) {
    const auto found = std::find_if(m_models.begin(), m_models.end(), [&](const ModelEntry& entry) {
        return entry.card.id == request.model &&
               (request.modelSha256.empty() || entry.card.weightsSha256.empty() || entry.card.weightsSha256 == request.modelSha256);
    });
    if (found != m_models.end() && found->path != m_entry.path) takeModel(*found);
}

// Two models may share an id: then the folder says which is meant.
std::string GeneratePage::modelWord() const {
    const auto same =
        std::count_if(m_models.begin(), m_models.end(), [this](const ModelEntry& entry) { return entry.card.id == m_entry.card.id; });
    return same > 1 ? m_entry.path.string() : m_entry.card.id;
}

} // namespace phloxine::ui
