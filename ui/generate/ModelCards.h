#pragma once
// The cards of the models on this machine, so that tiles, jobs and previews of one session are named by the model that each came from.
#include <map>
#include <memory>
#include <string>

#include "core/generate/GenerateRequest.h"
#include "core/model/ModelStore.h"

namespace phloxine::ui {

class ModelCards {
public:
    void add(const ModelEntry& entry) { m_cards[entry.card.id] = m_cards[entry.path.string()] = entry.card; }
    void setCurrent(const ModelCard& card) { m_current = card; } // for requests that name no model, or one that has gone
    const ModelCard& of(const GenerateRequest& request) const {
        const auto it = m_cards.find(request.model);
        return it == m_cards.end() ? m_current : it->second;
    }

private:
    std::map<std::string, ModelCard> m_cards; // by id and by path
    ModelCard m_current;
};

using SharedCards = std::shared_ptr<const ModelCards>;

} // namespace phloxine::ui
